/** Runs and the checkpoints of their arms. Types only. */

import type { Failure } from '../lib/errors';
import type { Arm, Recipe } from '../recipe/recipe';
import type { Evaluation } from './evaluations';
import type { ReferenceLogps } from './pairs';
import type { Progress, Warning } from './progress';
import type { IterationSummary, SftStep, StepMetrics } from './training';

/** `stopped`: by the user. `failed`: by an error. A run that waits after its judge has failed is `paused`. */
export type RunStatus = 'running' | 'paused' | 'stopped' | 'finished' | 'failed';

/** A run, without what it produced. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
  readonly status: RunStatus;
  readonly recipe: Recipe;
  /** Name of the graphics device. */
  readonly device: string;
  /** Size of its stored records. */
  readonly bytes: number;
  /** The number of iterations that every arm has finished. */
  readonly iterations: number;
  /** Why it failed or waits. Null otherwise. */
  readonly failure: Failure | null;
  /** The number of lanes, chosen when the run began. Only if the recipe leaves the choice to the run. */
  readonly lanes?: number;
  /** GPU memory in bytes, planned and highest. Set when the run has finished or was stopped. */
  readonly memory?: { readonly planned: number; readonly peak: number };
}

/** A run with its metrics, evaluations and warnings. */
export interface RunDetail {
  readonly summary: RunSummary;
  readonly evaluations: readonly Evaluation[];
  readonly iterations: readonly IterationSummary[];
  readonly steps: readonly StepMetrics[];
  /** Steps of the warm-up. */
  readonly sftSteps: readonly SftStep[];
  readonly warnings: readonly Warning[];
  /** Null for a run that does not run here. */
  readonly progress: Progress | null;
  /** For each arm, the iteration whose policy scored highest on the held-out prompts; 0 is the seed model. */
  readonly best?: Readonly<Partial<Record<Arm, number>>>;
}

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
