import { ARMS, type Arm } from '../../recipe/recipe';
import type { Purpose } from '../../records/candidates';

/**
 * The sampler's stream of one prompt's candidates, packed from what the draws are for, so that no two prompts of a run share one.
 * Position < 2²³, iteration ≤ 100. The warm-up is the training of iteration 0.
 */
export function samplingStream(purpose: Purpose, arm: Arm, iteration: number, position: number): number {
  return ((position * 128 + iteration) * 2 + ARMS.indexOf(arm)) * 2 + (purpose === 'evaluate' ? 1 : 0);
}
