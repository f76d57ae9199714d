import { isCheckable } from '../../judges/rule';
import type { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, mean, sum } from '../../lib/statistics';
import type { Rollout } from '../../records/candidates';
import type { CategoryDifference, CategoryDifferences } from '../../records/evaluations';
import { matches } from './win-rate';

/** What own samples of a prompt have more than the other's, summed, over so many. */
interface Difference {
  readonly category: string | null;
  readonly group: Group;
}

/**
 * Own less other, prompt by prompt, category by category: of accuracy where every prompt has a reference answer, else of the samples that
 * were won and lost, in which a malformed one is lost. Prompts without a category are left out; null where none has one.
 * @param relative the judge's scores cannot be compared: it compared the two responses
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

/** A prompt's samples are as many in both arms. */
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

/** Share won less share lost. */
const wins = (own: readonly Rollout[], other: readonly Rollout[], relative: boolean): Difference[] =>
  matches(own, other, relative).map(({ category, meetings }) => ({
    category,
    group: { sum: sum(meetings.map(({ outcome }) => 2 * outcome - 1)), count: meetings.length },
  }));
