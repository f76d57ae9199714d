/** Rank correlation of two scorers, for tests. */
import { disagreement } from '../statistics';

type Scores = readonly (number | null)[];

/**
 * Goodman and Kruskal's γ over the pairs of items that both order: 1 for the same order, −1 for the reverse. Null if
 * there is no such pair.
 */
export function rankCorrelation(a: Scores, b: Scores): number | null {
  const opposite = disagreement([a, b]);
  return opposite === null ? null : 1 - 2 * opposite;
}
