/** The learning rate of each optimiser step. It equals that of the schedulers in transformers. */
import type { Recipe } from './recipe';

/** Number of warm-up steps. The share is rounded up, so any share above 0 gives at least one step. */
export function warmupSteps(steps: number, share: number): number {
  // In floating point 0.05 · 20 is slightly above 1, and must give 1 step.
  return Math.max(0, Math.ceil(share * steps - 1e-9));
}

/**
 * Learning rate of step 0 … steps−1. It rises linearly from 0 to its peak at step `warmup`, so the first warm-up step
 * moves no weights. Then it stays (`constant`) or falls along half a cosine that reaches 0 at `steps`.
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
