/** How far a judge is to be believed: what its judgements of one iteration of one arm show, and what to do about it. */
import { agreement } from '../judges/agreement';
import type { JudgeCall } from '../judges/judge';
import { mean, sum } from '../lib/statistics';
import { methodOf } from '../recipe/judge-calls';
import type { Recipe } from '../recipe/recipe';
import type { Warning } from '../worker/protocol';
import type { Candidate, ControlName, JudgeFacts, Rollout, StoredJudgement } from './types';

/** A correlation of fewer says nothing. */
const FEWEST_RESPONSES = 10;

type Judged = Rollout & { readonly judgement: StoredJudgement };
const isJudged = (rollout: Rollout): rollout is Judged => rollout.judgement !== null;

/** null before the first judgement. */
export function judgeFacts(rollouts: readonly Rollout[]): JudgeFacts | null {
  const judged = rollouts.filter(isJudged);
  const [first] = judged;
  if (first === undefined) return null;
  return {
    judge: first.judgement.judge,
    controls: controlsOf(judged),
    positionBias: positionBias(judged),
    lengthBias: lengthBias(judged),
    agreement: agreement(judged.map(({ candidates }) => candidates.map(({ score, correct }) => ({ score, right: correct })))),
    unparsed: unparsed(judged),
  };
}

function controlsOf(judged: readonly Judged[]): JudgeFacts['controls'] {
  const counts: Partial<Record<ControlName, { failed: number; of: number }>> = {};
  for (const { control, passed } of judged.flatMap(({ judgement }) => judgement.controls)) {
    if (passed === null) continue;
    const { failed, of } = counts[control] ?? { failed: 0, of: 0 };
    counts[control] = { failed: failed + Number(!passed), of: of + 1 };
  }
  return counts;
}

/** Two verdicts on the same two, each shown first once, contradict each other unless they are each other's negative. */
function positionBias(judged: readonly Judged[]): JudgeFacts['positionBias'] {
  const contradicted = judged.flatMap(({ judgement: { calls } }) => {
    const key = (judge: string | undefined, m: number, n: number) => `${m} ${n} ${judge ?? ''}`;
    const verdicts = new Map<string, number>();
    for (const { shown, verdict, judge } of calls) {
      if (shown.length === 2 && verdict !== null) verdicts.set(key(judge, shown[0], shown[1]), verdict);
    }
    return calls.flatMap(({ shown, judge }) => {
      // Each two once: where the lower index stands first.
      if (shown.length !== 2 || shown[0] > shown[1]) return [];
      const there = verdicts.get(key(judge, shown[0], shown[1]));
      const back = verdicts.get(key(judge, shown[1], shown[0]));
      return there === undefined || back === undefined ? [] : [there + back !== 0];
    });
  });
  return contradicted.length === 0 ? null : { share: mean(contradicted.map(Number)) ?? 0, of: contradicted.length };
}

const scoredOf = ({ candidates }: Rollout) =>
  candidates.flatMap(({ score, malformed, responseTokens }: Candidate) =>
    score === null || malformed !== null ? [] : [{ score, length: responseTokens }],
  );

/** Prompts differ in how long and how good their responses are; only what is left within a prompt is the judge's taste. */
function lengthBias(judged: readonly Judged[]): number | null {
  const deviations = judged.flatMap((rollout) => {
    const scored = scoredOf(rollout);
    const score = mean(scored.map((x) => x.score)) ?? 0;
    const length = mean(scored.map((x) => x.length)) ?? 0;
    return scored.map((x) => ({ score: x.score - score, length: x.length - length }));
  });
  const product = (of: (x: { score: number; length: number }) => number) => sum(deviations.map(of));
  if (deviations.length < FEWEST_RESPONSES) return null;
  const spread = Math.sqrt(product((x) => x.score ** 2) * product((x) => x.length ** 2));
  return spread <= 1e-9 ? null : product((x) => x.score * x.length) / spread;
}

/** Of a judge that is asked in words, its replies; else the responses that it was shown. */
function unparsed(judged: readonly Judged[]): JudgeFacts['unparsed'] {
  const calls: readonly Pick<JudgeCall, 'verdict'>[] = judged.flatMap(({ judgement }) => judgement.calls);
  const responses = judged.flatMap(({ candidates }) => candidates.filter(({ malformed }) => malformed === null));
  const verdicts = calls.length > 0 ? calls.map(({ verdict }) => verdict) : responses.map(({ score }) => score);
  return { count: verdicts.filter((verdict) => verdict === null).length, of: verdicts.length };
}

/** Above these shares a judge is not to be trusted; of fewer cases nothing is said. */
const CONTROLS_FAILED = 1 / 3;
const ORDER_DECIDES = 0.5;
const LENGTH_DECIDES = 0.5;
const AGREES = 0.6;
const FEWEST = 6;

const percent = (share: number) => `${Math.round(100 * share)}%`;

const CONTROLS: readonly (readonly [ControlName, string])[] = [
  ['empty', 'an empty response'],
  ['colon', 'a lone colon'],
  ['truncated', 'a response cut to a third'],
  ['choose-a', 'a response that tells it what to choose'],
  ['identical', 'the same response twice'],
  ['repeated', 'the question repeated'],
];

type Chosen = Pick<Recipe, 'judge' | 'judgeMethod'>;

/** What to judge with instead, by what is there. @param checked whether the prompts have something that the rule can check */
function betterChoice(
  { judge, judgeMethod }: Chosen,
  checked: boolean,
): { readonly advice: string; readonly field: keyof Recipe } {
  if (checked && judge !== 'rule') {
    return { advice: 'These prompts have reference answers: choose the rule as the judge.', field: 'judge' };
  }
  switch (judge) {
    case 'rule':
      return {
        advice: 'Its checks accept too much: make them stricter, or choose a language model as the judge.',
        field: 'judge',
      };
    case 'onnx':
      return {
        advice:
          'Choose a reward model that was made for such prompts, or a language model of 3 billion parameters or more (WebLLM, or at an address).',
        field: 'judge',
      };
    case 'similarity':
    case 'self':
      return {
        advice: 'Choose a language model of 3 billion parameters or more as the judge: WebLLM, or one at an address.',
        field: 'judge',
      };
    case 'webllm':
    case 'remote':
      if (methodOf(judge, { judgeMethod }) === 'rating') {
        return {
          advice: 'Ask it for the better one of two instead of a rating, or choose a larger model.',
          field: 'judgeMethod',
        };
      }
      return {
        advice: 'Choose a larger model, of 7 billion parameters or more.',
        field: judge === 'webllm' ? 'webllmModel' : 'remoteModel',
      };
    case 'panel':
      return { advice: 'Test its members one by one, and keep those that pass.', field: 'panel' };
    case 'human':
      return { advice: 'Take your time: the votes wait for you.', field: 'judge' };
    default:
      return judge satisfies never;
  }
}

/** @param facts of one iteration and arm */
export function judgeWarnings(facts: JudgeFacts, recipe: Chosen): Warning[] {
  const warnings: Warning[] = [];
  const better = betterChoice(recipe, facts.agreement !== null);

  const controls = CONTROLS.flatMap(([name, words]) => {
    const count = facts.controls[name];
    return count === undefined ? [] : [{ words, ...count }];
  });
  const failed = sum(controls.map((c) => c.failed));
  const of = sum(controls.map((c) => c.of));
  const [worst] = controls.sort((a, b) => b.failed / b.of - a.failed / a.of);
  if (worst !== undefined && of >= FEWEST && failed > CONTROLS_FAILED * of) {
    warnings.push({
      code: 'judge-fails-controls',
      message: `The judge (${facts.judge}) failed ${failed} of ${of} control rows, most often on ${worst.words}.`,
      ...better,
    });
  }

  const { positionBias: position } = facts;
  if (position !== null && position.of >= FEWEST && position.share > ORDER_DECIDES) {
    warnings.push({
      code: 'judge-by-order',
      message: `In ${percent(position.share)} of ${position.of} comparisons the order in which the responses were shown changed the verdict of the judge (${facts.judge}).`,
      ...better,
    });
  }

  if (facts.agreement !== null && facts.agreement.of >= FEWEST && facts.agreement.share < AGREES) {
    warnings.push({
      code: 'judge-against-rule',
      message: `The judge (${facts.judge}) scored the right response above the wrong one in ${percent(facts.agreement.share)} of ${facts.agreement.of} cases; 50% is chance.`,
      ...better,
    });
  }

  // Where the rule knows what is right, right answers may well be the longer ones.
  if (facts.agreement === null && facts.lengthBias !== null && Math.abs(facts.lengthBias) > LENGTH_DECIDES) {
    const longer = facts.lengthBias > 0;
    warnings.push({
      code: 'judge-by-length',
      message: `The scores of the judge (${facts.judge}) follow the length of the response: correlation ${facts.lengthBias.toFixed(2)}.`,
      advice: longer ? 'Raise the length control ρ, so that longer responses need to be better.' : better.advice,
      field: longer ? 'rho' : better.field,
    });
  }
  return warnings;
}
