/** What the held-out prompts say of a policy. */
import { isCheckable } from '../../judges/rule';
import { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, mean, sum } from '../../lib/statistics';
import type { Arm } from '../../recipe/recipe';
import type { Candidate, Rollout } from '../../records/candidates';
import type { CategoryResult } from '../../records/category-results';
import type { Evaluation } from '../../records/evaluations';

/** Right samples of a prompt whose responses can be checked; a malformed one is wrong. */
function rightOf({ prompt, candidates }: Rollout): Group {
  if (!isCheckable(prompt)) return { sum: 0, count: 0 };
  return { sum: candidates.filter((c) => c.correct === true).length, count: candidates.length };
}

/** Scores of the samples that were judged; malformed ones never are, and are counted apart. */
function scoresOf({ candidates }: Rollout): Group {
  const scores = candidates.flatMap((c) => (c.score === null ? [] : [c.score]));
  return { sum: sum(scores), count: scores.length };
}

const wellFormedOf = (rollouts: readonly Rollout[]): Candidate[] =>
  rollouts.flatMap(({ candidates }) => candidates.filter(({ malformed }) => malformed === null));

/** @param relative the judge scores none alone: what it compared is counted */
function unparsedOf(rollouts: readonly Rollout[], relative: boolean): NonNullable<Evaluation['unparsed']> {
  const verdicts = relative
    ? rollouts.flatMap(({ comparisons }) => comparisons.flatMap(({ outcomes }) => outcomes))
    : wellFormedOf(rollouts).map(({ score }) => score);
  return { count: verdicts.filter((verdict) => verdict === null).length, of: verdicts.length };
}

/** @param random for a name: the same one always draws the same */
function resultOf(rollouts: readonly Rollout[], random: (what: string) => Random) {
  const right = rollouts.map(rightOf);
  const scores = rollouts.map(scoresOf);
  return {
    prompts: rollouts.length,
    checkable: rollouts.filter(({ prompt }) => isCheckable(prompt)).length,
    accuracy: groupMean(right),
    accuracyInterval: bootstrapInterval(right, random('accuracy')),
    meanScore: groupMean(scores),
    meanScoreInterval: bootstrapInterval(scores, random('score')),
  };
}

/** Prompts without a category are left out. */
function categoriesOf(rollouts: readonly Rollout[], random: (what: string) => Random): CategoryResult[] {
  const names = [...new Set(rollouts.flatMap(({ prompt }) => prompt.category ?? []))].sort();
  return names.map((category) => {
    const own = rollouts.filter(({ prompt }) => prompt.category === category);
    return { category, ...resultOf(own, (what) => random(`${what}/${category}`)) };
  });
}

interface EvaluationPlace {
  readonly iteration: number;
  readonly arm: Arm;
  /** The recipe's: the same rollouts always give the same intervals. */
  readonly seed: number;
  /** The judge's scores cannot be compared from prompt to prompt, and none was asked for. */
  readonly relative: boolean;
}

/** @param rollouts of purpose `evaluate`, of one iteration and arm, in the order of their position */
export function summarizeEvaluation(
  rollouts: readonly Rollout[],
  { iteration, arm, seed, relative }: EvaluationPlace,
): Evaluation {
  const samples = sum(rollouts.map(({ candidates }) => candidates.length));
  const wellFormed = wellFormedOf(rollouts);
  const random = (what: string) => new Random(seed, `bootstrap/${what}/${arm}/${iteration}`);
  return {
    iteration,
    arm,
    ...resultOf(rollouts, random),
    samples: Math.max(0, ...rollouts.map((r) => r.candidates.length)),
    malformed: samples === 0 ? 0 : (samples - wellFormed.length) / samples,
    unparsed: unparsedOf(rollouts, relative),
    thoughtTokens: mean(wellFormed.map((c) => c.thoughtTokens)),
    responseTokens: mean(wellFormed.map((c) => c.responseTokens)),
    categories: categoriesOf(rollouts, random),
    judge: rollouts[0]?.judgement?.judge ?? '',
    winRates: [],
    seconds: sum(rollouts.map((r) => r.seconds.generate + r.seconds.judge)),
    judgeSeconds: sum(rollouts.map((r) => r.seconds.judge)),
  };
}
