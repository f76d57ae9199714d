/** Checkpoints: the adapter and optimiser state of an arm. Types only. */

import type { Arm } from '../recipe/recipe';
import type { ReferenceLogps } from './pairs';

/** An arm's adapter with its optimiser, as it is stored. All flat and f32, in the order of the adapter's tensors. */
export interface ArmState {
  readonly weights: Float32Array;
  /** Adam's moments; null where the next step begins an iteration. */
  readonly m: Float32Array | null;
  readonly v: Float32Array | null;
  /** Updates since the moments were zero. */
  readonly step: number;
}

/**
 * Where an arm stands, committed in one strict transaction with the state it speaks of. `step` counts optimiser steps
 * done in this iteration; 0 with `iteration` = i means that iteration i has not yet been trained. The warm-up's are iteration 0.
 */
export interface Checkpoint {
  readonly arm: Arm;
  readonly iteration: number;
  readonly step: number;
  readonly state: ArmState;
  /** Of this iteration's pairs, once computed. */
  readonly reference: readonly ReferenceLogps[] | null;
  /** sha-256 of the recipe's canonical JSON: a checkpoint never goes on under another recipe. */
  readonly recipeHash: string;
}
