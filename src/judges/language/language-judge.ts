/**
 * A language model as the judge. By the method `rating` it rates one response at a time; by `comparison` it chooses
 * the better of two responses, and the verdicts become ELO ratings.
 */

import { at } from '../../lib/assert';
import { limit } from '../../lib/async';
import { LabError } from '../../lib/errors';
import type { JudgeMethod } from '../../recipe/judges/kind';
import { judgePrompt } from '../../recipe/judges/language';
import type { Recipe } from '../../recipe/recipe';
import type { JudgeCall } from '../../records/judgements';
import type { Judgement, JudgeRequest, OpenJudge } from '../judge';
import { elo, type Verdict } from './elo';
import type { JudgeModel, JudgeReply } from './judge-model';
import { type Meeting, schedule } from './pairing';
import { fenceFor, judgeMessage, promptVersion, type Texts } from './question';
import { cappedReply, choiceIn, ratingIn } from './verdict';

export type LanguageJudgeOptions = { readonly method: JudgeMethod } & Pick<
  Recipe,
  'pairing' | 'swissRounds' | 'ratingPrompt' | 'comparisonPrompt' | 'seed'
>;

/**
 * Asks the model one question, when fewer than `concurrency` others are being answered.
 * @param stream seeds the fence
 */
type Ask = (texts: Texts, stream: string) => Promise<JudgeReply>;

/**
 * The responses to ask about: with `askEqual` all of them, else each distinct response once.
 * @returns positions of these entrants, and for every response the index of its entrant
 */
function entrantsOf({ responses, askEqual = false }: JudgeRequest): {
  readonly entrants: readonly number[];
  readonly entrantOf: readonly number[];
} {
  const positions = responses.map((_, i) => i);
  const firstOf = askEqual ? positions : responses.map((response) => responses.indexOf(response));
  const entrants = positions.filter((i) => firstOf[i] === i);
  return { entrants, entrantOf: firstOf.map((first) => entrants.indexOf(first)) };
}

const unparsed = (calls: readonly JudgeCall[]): string => {
  const count = calls.filter(({ verdict }) => verdict === null).length;
  return count === 0 ? '' : `; ${count} of ${calls.length} replies were no verdict`;
};

async function rate(request: JudgeRequest, ask: Ask): Promise<Judgement> {
  const { instruction, responses } = request;
  const { entrants, entrantOf } = entrantsOf(request);
  const calls = await Promise.all(
    entrants.map(async (i): Promise<JudgeCall> => {
      const { text } = await ask({ instruction, response: at(responses, i) }, request.askEqual ? String(i) : '');
      return { shown: [i], verdict: ratingIn(text), reply: cappedReply(text) };
    }),
  );
  const scores = entrantOf.map((entrant) => at(calls, entrant).verdict);
  return { scores, detail: `rated from 1 to 9${unparsed(calls)}`, calls };
}

/**
 * The verdict of a comparison. A written tie is final; otherwise the log-probabilities decide if the model gives them.
 * @returns the verdict, and the reply to store, with the log-probabilities if they decided
 */
function choose({ text, logps }: JudgeReply): { readonly verdict: Verdict; readonly reply: string } {
  const written = choiceIn(text);
  if (!logps || Number.isNaN(logps.A - logps.B) || written === 0)
    return { verdict: written, reply: cappedReply(text) };
  const logpsText = `log P(A) = ${logps.A.toFixed(3)}, log P(B) = ${logps.B.toFixed(3)}`;
  const verdict = logps.A > logps.B ? 1 : logps.A < logps.B ? -1 : 0;
  return { verdict, reply: text === '' ? logpsText : `${cappedReply(text)}\n${logpsText}` };
}

/** Wins minus losses of each candidate so far. */
const pointsOf = (r: readonly (readonly Verdict[])[]): number[] =>
  r.map((row, m) => row.reduce<number>((total, verdict, n) => total + (verdict ?? 0) - (at(at(r, n), m) ?? 0), 0));

/** The number of meetings in which both orders gave a verdict, but not for the same response. */
function orderDecided(r: readonly (readonly Verdict[])[], meetings: readonly Meeting[]): string {
  const judged = meetings.flatMap(([m, n]) => {
    const [there, back] = [at(at(r, m), n), at(at(r, n), m)];
    return there === null || back === null ? [] : [there + back !== 0];
  });
  return judged.length === 0 ? '' : `; the order decided ${judged.filter(Boolean).length} of ${judged.length}`;
}

async function compare(
  request: JudgeRequest,
  ask: Ask,
  { pairing, swissRounds, seed }: LanguageJudgeOptions,
): Promise<Judgement> {
  const { instruction, responses, askEqual } = request;
  const { entrants, entrantOf } = entrantsOf(request);
  if (entrants.length < 2) {
    return { scores: responses.map(() => 0), detail: 'nothing to compare: one response', calls: [] };
  }
  const r = entrants.map(() => entrants.map((): Verdict => null));
  const play = async ([m, n]: Meeting): Promise<JudgeCall> => {
    const shown = [at(entrants, m), at(entrants, n)] as const;
    const texts = { instruction, first: at(responses, shown[0]), second: at(responses, shown[1]) };
    const { verdict, reply } = choose(await ask(texts, askEqual ? shown.join() : ''));
    at(r, m)[n] = verdict;
    return { shown, verdict, reply };
  };
  const { rounds, meetings: meetingsOf } = schedule(pairing, entrants.length, swissRounds, seed);
  const calls: JudgeCall[] = [];
  const met: Meeting[] = [];
  for (let round = 0; round < rounds; round++) {
    const meetings = meetingsOf(round, pointsOf(r));
    met.push(...meetings);
    calls.push(...(await Promise.all(meetings.flatMap(([m, n]) => [play([m, n]), play([n, m])]))));
  }
  const ratings = elo(r);
  // A candidate without any verdict has no score: its rating would come from the pseudo-count alone.
  const judged = entrants.map((_, m) => entrants.some((_, n) => at(at(r, m), n) !== null || at(at(r, n), m) !== null));
  return {
    scores: entrantOf.map((entrant) => (at(judged, entrant) ? at(ratings, entrant) : null)),
    detail: `ELO of ${calls.length} comparisons${orderDecided(r, met)}${unparsed(calls)}`,
    calls,
  };
}

const judgeFailed = (name: string, cause: unknown): LabError => {
  if (cause instanceof LabError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const advice = 'Nothing is lost: the run is paused. Continue to try again.';
  return new LabError('judge-failed', `${name} failed: ${reason}.`, advice, { cause });
};

/**
 * Equal responses are asked about once and get the same score, unless the request says otherwise. A reply without a
 * verdict counts for no response.
 */
export function createLanguageJudge(model: JudgeModel, options: LanguageJudgeOptions): OpenJudge {
  const { method, seed } = options;
  const template = judgePrompt(method, options);
  const limited = limit(model.concurrency);
  const closed = new AbortController();

  return {
    name: model.name,
    promptVersion: promptVersion(template),
    relative: method === 'comparison',
    ...(model.pace && { pace: model.pace }),

    async score(request) {
      const { signal } = request;
      // The first call that fails ends the others, waiting or running.
      const failed = new AbortController();
      const ended = AbortSignal.any([failed.signal, closed.signal, ...(signal ? [signal] : [])]);
      const ask: Ask = (texts, stream) =>
        limited(async () => {
          ended.throwIfAborted();
          const fence = fenceFor(Object.values(texts), seed, stream);
          try {
            return await model.ask({ kind: method, message: judgeMessage(template, texts, fence) }, ended);
          } catch (error) {
            failed.abort(error);
            throw error;
          }
        });
      try {
        return await (method === 'rating' ? rate(request, ask) : compare(request, ask, options));
      } catch (error) {
        if (signal?.aborted) {
          throw new LabError('cancelled', 'The judge was stopped.', 'Nothing was stored for this prompt.');
        }
        if (closed.signal.aborted) throw new LabError('judge-failed', 'The judge was closed.');
        throw judgeFailed(model.name, failed.signal.aborted ? failed.signal.reason : error);
      }
    },
    ...(model.release && { release: () => model.release?.() ?? Promise.resolve() }),
    dispose() {
      closed.abort();
      model.dispose();
    },
  };
}
