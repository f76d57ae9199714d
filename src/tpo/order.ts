/** Which prompts an iteration takes, and in which batches its pairs are trained. All from the run's seed alone. */
import { at } from '../lib/at';
import { Random } from '../lib/random';
import type { Arm } from '../recipe/recipe';

/**
 * Indices of the prompts of iteration 1 … N: all `total` prompts are shuffled once a run, each iteration takes the next `size`,
 * wrapping around. Both arms see the same.
 */
export function promptBlock(total: number, size: number, iteration: number, seed: number): number[] {
  if (total === 0) return [];
  const order = new Random(seed, 'prompts').permutation(total);
  return Array.from({ length: size }, (_, i) => at(order, ((iteration - 1) * size + i) % total));
}

/** Optimiser steps of an iteration: every epoch ends with a smaller batch where the pairs do not divide. */
export function stepCount(pairs: number, epochs: number, pairsPerStep: number): number {
  return epochs * Math.ceil(pairs / pairsPerStep);
}

/** Indices of the pairs of each step, all epochs, each epoch in another order. */
export function batches(
  pairs: number,
  { epochs, pairsPerStep, seed }: { epochs: number; pairsPerStep: number; seed: number },
  iteration: number,
  arm: Arm,
): number[][] {
  const random = new Random(seed, `batches/${arm}/${iteration}`);
  const steps: number[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(pairs);
    for (let i = 0; i < pairs; i += pairsPerStep) steps.push(order.slice(i, i + pairsPerStep));
  }
  return steps;
}
