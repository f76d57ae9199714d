/** Checkpoints: an arm's adapter and optimiser state. Types only. */

import type { Arm } from '../recipe/recipe';
import type { ReferenceLogps } from './pairs';

/** An arm's adapter and optimiser state. The arrays are flat, in the order of the adapter's tensors. */
export interface ArmState {
  readonly weights: Float32Array;
  /** Adam's first moments. Null, as `v`, if the next step is the first of an iteration. */
  readonly m: Float32Array | null;
  /** Adam's second moments. */
  readonly v: Float32Array | null;
  /** The number of updates since the moments were zero. */
  readonly step: number;
}

/** How far the training of an arm has come, with the state that belongs to it. Stored in one strict transaction. */
export interface Checkpoint {
  readonly arm: Arm;
  /** The iteration that is trained: 1 … N, or 0 for the warm-up. */
  readonly iteration: number;
  /** Optimiser steps done in this iteration. 0: it has not been trained yet. */
  readonly step: number;
  readonly state: ArmState;
  /** The reference log-probabilities of this iteration's pairs. Null until they are computed, and in the warm-up. */
  readonly reference: readonly ReferenceLogps[] | null;
  /** SHA-256 of the recipe's canonical JSON. A checkpoint is never resumed under another recipe. */
  readonly recipeHash: string;
}
