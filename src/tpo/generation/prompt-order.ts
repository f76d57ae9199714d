/** Which prompts an iteration takes, from the run's seed alone. */
import { at } from '../../lib/at';
import { Random } from '../../lib/random';
import type { Recipe } from '../../recipe/recipe';

type Blocks = Pick<Recipe, 'seed' | 'iterations' | 'promptsPerIteration' | 'sftPrompts'>;

/**
 * Indices of the prompts of iteration 1 … N: all `total` prompts are shuffled once a run, each iteration takes the next block, wrapping
 * around. Both arms see the same. Iteration 0, the warm-up, takes those behind the last iteration's: pairs are made of the same prompts
 * with it and without, and where the set is large enough of prompts that it has not trained on.
 */
export function promptBlock(total: number, recipe: Blocks, iteration: number): number[] {
  if (total === 0) return [];
  const { seed, iterations, promptsPerIteration, sftPrompts } = recipe;
  const order = new Random(seed, 'prompts').permutation(total);
  const [block, size] = iteration === 0 ? [iterations, sftPrompts] : [iteration - 1, promptsPerIteration];
  return Array.from({ length: size }, (_, i) => at(order, (block * promptsPerIteration + i) % total));
}
