import { Random } from '../../lib/random';
import type { Arm, Recipe } from '../../recipe/recipe';

/**
 * Indices of the pairs of each optimiser step of an iteration, all epochs; of iteration 0, of the warm-up's samples. Each epoch meets all
 * of them in an order of its own, from the run's seed; its last batch may be smaller and is kept.
 */
export function batches(
  pairs: number,
  { seed, epochs, pairsPerStep }: Pick<Recipe, 'seed' | 'epochs' | 'pairsPerStep'>,
  iteration: number,
  arm: Arm,
): number[][] {
  const steps: number[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = new Random(seed, `pairs/${arm}/${iteration}/${epoch}`).permutation(pairs);
    for (let first = 0; first < pairs; first += pairsPerStep) steps.push(order.slice(first, first + pairsPerStep));
  }
  return steps;
}
