import { isCheckable } from '../../judges/rule';
import type { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, mean, sum } from '../../lib/statistics';
import type { Rollout } from '../../records/candidates';
import type { CategoryDifference, CategoryDifferences } from '../../records/evaluations';
import { matches } from './win-rate';

/**
 * By how much the own samples of a prompt are better than the other policy's: the sum of differences and their count.
 */
interface Difference {
  readonly category: string | null;
  readonly group: Group;
}

/**
 * The difference between two policies in each category of prompts. If the rule can check every prompt, the
 * difference in accuracy; otherwise the share of samples won minus the share lost, where a malformed sample loses.
 * Prompts without a category are left out. Null if no prompt has a category.
 * @param relative whether the judge is relative, so that its comparisons count and not its scores
 * @param random the random numbers for the bootstrap of a category
 */
export function categoryDifferences(
  own: readonly Rollout[],
  other: readonly Rollout[],
  relative: boolean,
  random: (category: string) => Random,
): CategoryDifferences | null {
  const measure = own.every(({ prompt }) => isCheckable(prompt)) ? 'accuracy' : 'wins';
  const differences = measure === 'accuracy' ? accuracies(own, other) : wins(own, other, relative);
  const names = [...new Set(differences.flatMap(({ category }) => category ?? []))];
  const categories = names.flatMap((category): CategoryDifference[] => {
    const groups = differences
      .filter((one) => one.category === category && one.group.count > 0)
      .map(({ group }) => group);
    const difference = groupMean(groups);
    if (difference === null) return [];
    return [{ category, prompts: groups.length, difference, interval: bootstrapInterval(groups, random(category)) }];
  });
  if (categories.length === 0) return null;
  return {
    measure,
    categories: categories.sort((a, b) => b.difference - a.difference || (a.category < b.category ? -1 : 1)),
  };
}

/** Both policies have the same number of samples for each prompt. */
function accuracies(own: readonly Rollout[], other: readonly Rollout[]): Difference[] {
  const others = new Map(other.map((rollout) => [rollout.position, rollout]));
  const right = ({ candidates }: Rollout) => mean(candidates.map(({ correct }) => (correct === true ? 1 : 0))) ?? 0;
  return own.map((rollout) => {
    const against = others.get(rollout.position);
    const count = against ? rollout.candidates.length : 0;
    return {
      category: rollout.prompt.category ?? null,
      group: { sum: against ? count * (right(rollout) - right(against)) : 0, count },
    };
  });
}

/** Share won minus share lost. */
const wins = (own: readonly Rollout[], other: readonly Rollout[], relative: boolean): Difference[] =>
  matches(own, other, relative).map(({ category, samples }) => ({
    category,
    group: { sum: sum(samples.map(({ outcome }) => 2 * outcome - 1)), count: samples.length },
  }));
