/** Which prompts an iteration takes, from the run's seed alone. */
import { at } from '../lib/at';
import { Random } from '../lib/random';

/**
 * Indices of the prompts of iteration 1 … N: all `total` prompts are shuffled once a run, each iteration takes the next `size`,
 * wrapping around. Both arms see the same.
 */
export function promptBlock(total: number, size: number, iteration: number, seed: number): number[] {
  if (total === 0) return [];
  const order = new Random(seed, 'prompts').permutation(total);
  return Array.from({ length: size }, (_, i) => at(order, ((iteration - 1) * size + i) % total));
}
