/** Sums up the held-out samples of a policy. */

import { isCheckable } from '../../judges/rule';
import { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, mean, sum } from '../../lib/statistics';
import type { Arm } from '../../recipe/recipe';
import type { Candidate, Rollout } from '../../records/candidates';
import type { CategoryResult, Evaluation } from '../../records/evaluations';

/** The correct samples of a prompt whose responses can be checked. A malformed sample is wrong. */
function rightOf({ prompt, candidates }: Rollout): Group {
  if (!isCheckable(prompt)) return { sum: 0, count: 0 };
  return { sum: candidates.filter((c) => c.correct === true).length, count: candidates.length };
}

/** The scores of a prompt's judged samples. Malformed samples are never judged, and are counted separately. */
function scoresOf({ candidates }: Rollout): Group {
  const scores = candidates.flatMap((c) => (c.score === null ? [] : [c.score]));
  return { sum: sum(scores), count: scores.length };
}

const wellFormedOf = (rollouts: readonly Rollout[]): Candidate[] =>
  rollouts.flatMap(({ candidates }) => candidates.filter(({ malformed }) => malformed === null));

/** How many well-formed samples (for a relative judge, comparisons) have no verdict, and of how many. */
function unparsedOf(rollouts: readonly Rollout[], relative: boolean): NonNullable<Evaluation['unparsed']> {
  const verdicts = relative
    ? rollouts.flatMap(({ comparisons }) => comparisons.flatMap(({ outcomes }) => outcomes))
    : wellFormedOf(rollouts).map(({ score }) => score);
  return { count: verdicts.filter((verdict) => verdict === null).length, of: verdicts.length };
}

/** @param random random numbers by name: the same name always gives the same numbers */
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

/** The results in each category. Prompts without a category are left out. */
function categoriesOf(rollouts: readonly Rollout[], random: (what: string) => Random): CategoryResult[] {
  const names = [...new Set(rollouts.flatMap(({ prompt }) => prompt.category ?? []))].sort();
  return names.map((category) => {
    const inCategory = rollouts.filter(({ prompt }) => prompt.category === category);
    return { category, ...resultOf(inCategory, (what) => random(`${what}/${category}`)) };
  });
}

interface EvaluationPlace {
  readonly iteration: number;
  readonly arm: Arm;
  /** The recipe's seed. The same rollouts always give the same intervals. */
  readonly seed: number;
  /** Whether the judge is relative: it compared samples and gave no scores. */
  readonly relative: boolean;
}

/** The evaluation without win rates. @param rollouts of purpose `evaluate`, of one arm iteration, by position */
export function summarizeEvaluation(
  rollouts: readonly Rollout[],
  { iteration, arm, seed, relative }: EvaluationPlace,
): Evaluation {
  const total = sum(rollouts.map(({ candidates }) => candidates.length));
  const wellFormed = wellFormedOf(rollouts);
  const random = (what: string) => new Random(seed, `bootstrap/${what}/${arm}/${iteration}`);
  return {
    iteration,
    arm,
    ...resultOf(rollouts, random),
    samples: Math.max(0, ...rollouts.map((r) => r.candidates.length)),
    malformed: total === 0 ? 0 : (total - wellFormed.length) / total,
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
