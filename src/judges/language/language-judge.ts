/** A language model as a judge: it rates one response at a time, or tells the better one of two, and ratings are won as in chess. */
import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import { limit } from '../../lib/limit';
import type { JudgeMethod } from '../../recipe/judges/kind';
import { judgePrompt } from '../../recipe/judges/language';
import type { Recipe } from '../../recipe/recipe';
import type { JudgeCall } from '../../records/judgements';
import type { Judgement, JudgeRequest, OpenJudge } from '../judge';
import { elo, type Verdict } from './elo';
import type { JudgeModel, JudgeReply } from './judge-model';
import { type Meeting, schedule } from './pairing';
import { cappedReply, choiceIn, ratingIn } from './verdict';
import { fenceFor, judgeMessage, promptVersion, type Texts } from './words';

export type LanguageJudgeOptions = { readonly method: JudgeMethod } & Pick<
  Recipe,
  'pairing' | 'swissRounds' | 'ratingPrompt' | 'comparisonPrompt' | 'seed'
>;

/** Asks the model one question and waits for its turn. */
type Ask = (texts: Texts, stream: string) => Promise<JudgeReply>;

/** Each different response once, by its first position; all of them where equal ones are to be asked about too. */
function entrantsOf({ responses, askEqual = false }: JudgeRequest): {
  readonly entrants: readonly number[];
  readonly of: readonly number[];
} {
  const positions = responses.map((_, i) => i);
  const firstOf = askEqual ? positions : responses.map((response) => responses.indexOf(response));
  const entrants = positions.filter((i) => firstOf[i] === i);
  return { entrants, of: firstOf.map((first) => entrants.indexOf(first)) };
}

const unreadable = (calls: readonly JudgeCall[]): string => {
  const count = calls.filter(({ verdict }) => verdict === null).length;
  return count === 0 ? '' : `; ${count} of ${calls.length} replies were no verdict`;
};

async function rate(request: JudgeRequest, ask: Ask): Promise<Judgement> {
  const { instruction, responses } = request;
  const { entrants, of } = entrantsOf(request);
  const calls = await Promise.all(
    entrants.map(async (i): Promise<JudgeCall> => {
      const { text } = await ask({ instruction, response: at(responses, i) }, request.askEqual ? String(i) : '');
      return { shown: [i], verdict: ratingIn(text), reply: cappedReply(text) };
    }),
  );
  const scores = of.map((entrant) => at(calls, entrant).verdict);
  return { scores, detail: `rated from 1 to 9${unreadable(calls)}`, calls };
}

/** A tie is a tie: what is less likely than it decides nothing. @returns the verdict, and what it was read from */
function choose({ text, logps }: JudgeReply): { readonly verdict: Verdict; readonly reply: string } {
  const said = choiceIn(text);
  if (!logps || Number.isNaN(logps.A - logps.B) || said === 0) return { verdict: said, reply: cappedReply(text) };
  const told = `log P(A) = ${logps.A.toFixed(3)}, log P(B) = ${logps.B.toFixed(3)}`;
  const verdict = logps.A > logps.B ? 1 : logps.A < logps.B ? -1 : 0;
  return { verdict, reply: text === '' ? told : `${cappedReply(text)}\n${told}` };
}

/** Wins less losses of each, over the games so far. */
const points = (r: readonly (readonly Verdict[])[]): number[] =>
  r.map((row, m) => row.reduce<number>((total, verdict, n) => total + (verdict ?? 0) - (at(at(r, n), m) ?? 0), 0));

/** In what share of the meetings both orders gave a verdict, and not the same. */
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
  const { entrants, of } = entrantsOf(request);
  if (entrants.length < 2)
    return { scores: responses.map(() => 0), detail: 'nothing to compare: one response', calls: [] };
  const r = entrants.map(() => entrants.map((): Verdict => null));
  const play = async ([m, n]: Meeting): Promise<JudgeCall> => {
    const shown = [at(entrants, m), at(entrants, n)] as const;
    const texts = { instruction, first: at(responses, shown[0]), second: at(responses, shown[1]) };
    const { verdict, reply } = choose(await ask(texts, askEqual ? shown.join() : ''));
    at(r, m)[n] = verdict;
    return { shown, verdict, reply };
  };
  const plan = schedule(pairing, entrants.length, swissRounds, seed);
  const calls: JudgeCall[] = [];
  const met: Meeting[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const meetings = plan.meetings(round, points(r));
    met.push(...meetings);
    calls.push(...(await Promise.all(meetings.flatMap(([m, n]) => [play([m, n]), play([n, m])]))));
  }
  const ratings = elo(r);
  // Who was in no game with a verdict has no rating, only the pseudo-count's.
  const judged = entrants.map((_, m) => entrants.some((_, n) => at(at(r, m), n) !== null || at(at(r, n), m) !== null));
  return {
    scores: of.map((entrant) => (at(judged, entrant) ? at(ratings, entrant) : null)),
    detail: `ELO of ${calls.length} comparisons${orderDecided(r, met)}${unreadable(calls)}`,
    calls,
  };
}

const failed = (name: string, error: unknown): LabError => {
  if (error instanceof LabError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new LabError(
    'judge-failed',
    `${name} failed: ${reason}.`,
    'Nothing is lost: the run waits. Go on to try again.',
    {
      cause: error,
    },
  );
};

/** Equal responses are one to it: they get one score, and no call. A reply that is no verdict counts for nobody. */
export function createLanguageJudge(model: JudgeModel, options: LanguageJudgeOptions): OpenJudge {
  const { method, seed } = options;
  const words = judgePrompt(method, options);
  const turn = limit(model.concurrency);
  const closed = new AbortController();

  return {
    name: model.name,
    promptVersion: promptVersion(words),
    relative: method === 'comparison',
    ...(model.pace && { pace: model.pace }),

    async score(request) {
      const { signal } = request;
      // The first call that fails ends those that wait and those under way.
      const ending = new AbortController();
      const ended = AbortSignal.any([ending.signal, closed.signal, ...(signal ? [signal] : [])]);
      const ask: Ask = (texts, stream) =>
        turn(async () => {
          ended.throwIfAborted();
          const fence = fenceFor(Object.values(texts), seed, stream);
          try {
            return await model.ask({ kind: method, message: judgeMessage(words, texts, fence) }, ended);
          } catch (error) {
            ending.abort(error);
            throw error;
          }
        });
      try {
        return await (method === 'rating' ? rate(request, ask) : compare(request, ask, options));
      } catch (error) {
        if (signal?.aborted)
          throw new LabError('cancelled', 'The judge was told to stop.', 'Nothing of this prompt was kept.');
        if (closed.signal.aborted) throw new LabError('judge-failed', 'The judge was closed.');
        throw failed(model.name, ending.signal.aborted ? ending.signal.reason : error);
      }
    },
    ...(model.release && { release: () => model.release?.() ?? Promise.resolve() }),
    dispose() {
      closed.abort();
      model.dispose();
    },
  };
}
