import { isCheckable } from '../judges/rule';
import type { Random } from '../lib/random';
import { bootstrapInterval, mean } from '../lib/statistics';
import type { CategoryDifference, CategoryDifferences, Rollout } from './types';
import { matches } from './win-rate';

type Measure = CategoryDifferences['measure'];

/** By prompt; null where it says nothing. */
type Reading = (rollout: Rollout) => number | null;

const accuracy: Reading = ({ prompt, candidates }) =>
  isCheckable(prompt) ? mean(candidates.map(({ correct }) => (correct === true ? 1 : 0))) : null;
const score: Reading = ({ candidates }) => mean(candidates.flatMap((candidate) => candidate.score ?? []));

/**
 * Own less other, prompt by prompt, category by category: by accuracy where prompts have reference answers, else by the judge's scores, and
 * where these cannot be compared (`relative`) by who won. Prompts without a category are left out; null where none has one.
 */
export function categoryDifferences(
  own: readonly Rollout[],
  other: readonly Rollout[],
  relative: boolean,
  random: (category: string) => Random,
): CategoryDifferences | null {
  const measure = measureOf(own, relative);
  const byCategory = new Map<string, number[]>();
  for (const { category, difference } of measure === 'wins' ? wins(own, other) : read(own, other, measure)) {
    if (category !== null && difference !== null) byCategory.set(category, [...(byCategory.get(category) ?? []), difference]);
  }
  if (byCategory.size === 0) return null;
  const categories = [...byCategory].map(([category, differences]): CategoryDifference => {
    const groups = differences.map((difference) => ({ sum: difference, count: 1 }));
    return {
      category,
      prompts: differences.length,
      difference: mean(differences) ?? 0,
      interval: bootstrapInterval(groups, random(category)),
    };
  });
  return { measure, categories: categories.sort((a, b) => b.difference - a.difference || (a.category < b.category ? -1 : 1)) };
}

function measureOf(own: readonly Rollout[], relative: boolean): Measure {
  if (own.some((rollout) => accuracy(rollout) !== null)) return 'accuracy';
  return relative ? 'wins' : 'score';
}

interface Difference {
  readonly category: string | null;
  readonly difference: number | null;
}

function read(own: readonly Rollout[], other: readonly Rollout[], measure: 'accuracy' | 'score'): Difference[] {
  const reading = measure === 'accuracy' ? accuracy : score;
  const others = new Map(other.map((rollout) => [rollout.position, rollout]));
  return own.map((rollout) => {
    const against = others.get(rollout.position);
    const [a, b] = [reading(rollout), against ? reading(against) : null];
    return { category: rollout.prompt.category ?? null, difference: a === null || b === null ? null : a - b };
  });
}

/** Share won less share lost. */
const wins = (own: readonly Rollout[], other: readonly Rollout[]): Difference[] =>
  matches(own, other, true).map(({ category, meetings }) => {
    const rate = mean(meetings.map(({ outcome }) => outcome));
    return { category, difference: rate === null ? null : 2 * rate - 1 };
  });
