/** What the held-out prompts say of a policy. */
import { isCheckable } from '../judges/rule';
import { Random } from '../lib/random';
import { bootstrapInterval, type Group, mean, sum } from '../lib/statistics';
import type { Arm } from '../recipe/recipe';
import type { Candidate, Evaluation, Rollout } from './types';

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

function groupMean(groups: readonly Group[]): number | null {
  const count = sum(groups.map((g) => g.count));
  return count === 0 ? null : sum(groups.map((g) => g.sum)) / count;
}

/** By category: accuracy where prompts have reference answers, else the mean score. Prompts without a category are left out. */
function byCategory(rollouts: readonly Rollout[], groupOf: (rollout: Rollout) => Group): Record<string, number> {
  const groups = new Map<string, Group[]>();
  for (const rollout of rollouts) {
    const { category } = rollout.prompt;
    if (category !== undefined) groups.set(category, [...(groups.get(category) ?? []), groupOf(rollout)]);
  }
  const means = [...groups].flatMap(([category, of]): [string, number][] => {
    const value = groupMean(of);
    return value === null ? [] : [[category, value]];
  });
  return Object.fromEntries(means.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * @param rollouts of purpose `evaluate`, of one iteration and arm, in the order of their position
 * @param place the seed is the recipe's: the same rollouts always give the same intervals
 */
export function summarizeEvaluation(
  rollouts: readonly Rollout[],
  { iteration, arm, seed }: { readonly iteration: number; readonly arm: Arm; readonly seed: number },
): Evaluation {
  const samples = rollouts.flatMap((r) => r.candidates);
  const wellFormed = samples.filter((c) => c.malformed === null);
  const meanOf = (value: (candidate: Candidate) => number) => mean(wellFormed.map(value)) ?? 0;
  const random = (what: string) => new Random(seed, `bootstrap/${what}/${arm}/${iteration}`);
  const right = rollouts.map(rightOf);
  const scores = rollouts.map(scoresOf);
  const accuracy = groupMean(right);
  return {
    iteration,
    arm,
    prompts: rollouts.length,
    samples: Math.max(0, ...rollouts.map((r) => r.candidates.length)),
    accuracy,
    accuracyInterval: bootstrapInterval(right, random('accuracy')),
    meanScore: groupMean(scores),
    meanScoreInterval: bootstrapInterval(scores, random('score')),
    malformed: samples.length === 0 ? 0 : 1 - wellFormed.length / samples.length,
    thoughtTokens: meanOf((c) => c.thoughtTokens),
    responseTokens: meanOf((c) => c.responseTokens),
    byCategory: byCategory(rollouts, accuracy === null ? scoresOf : rightOf),
    judge: rollouts[0]?.judgement?.judge ?? '',
    winRates: [],
    seconds: sum(rollouts.map((r) => r.seconds.generate + r.seconds.judge)),
    judgeSeconds: sum(rollouts.map((r) => r.seconds.judge)),
  };
}
