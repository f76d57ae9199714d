/** The learning rate of each optimiser step, as transformers' schedulers give it. */
import type { Recipe } from './recipe';

/** Steps of warm-up: the share rounded up, so at least one step when it is above 0. */
export function warmupSteps(steps: number, share: number): number {
  // 0.05 · 20 is a little more than 1 in floating point, and is 1 step.
  return Math.max(0, Math.ceil(share * steps - 1e-9));
}

/**
 * Learning rate of step 0 … steps−1. It rises linearly from 0 (the first step of a warm-up moves no weights) to its peak at step
 * `warmup`, then stays (`constant`) or falls to 0 along half a cosine, which it would reach at `steps`.
 */
export function learningRate(
  step: number,
  steps: number,
  recipe: Pick<Recipe, 'learningRate' | 'schedule' | 'warmup'>,
): number {
  const peak = recipe.learningRate;
  const warmup = warmupSteps(steps, recipe.warmup);
  if (step < warmup) return (peak * step) / Math.max(1, warmup);
  switch (recipe.schedule) {
    case 'constant':
      return peak;
    case 'cosine': {
      const progress = (step - warmup) / Math.max(1, steps - warmup);
      return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
    default:
      return recipe.schedule satisfies never;
  }
}
