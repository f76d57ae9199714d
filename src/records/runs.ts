/** Runs. Types only. */
import type { Failure } from '../lib/errors';
import type { Arm, Recipe } from '../recipe/recipe';
import type { Evaluation } from './evaluations';
import type { Progress } from './progress';
import type { IterationSummary, SftStep, StepMetrics } from './training';

/** A sign of a run going wrong, or of a judge that is not to be believed. */
export interface Warning {
  /** Stable name, e.g. `logps-fall`. */
  readonly code: string;
  /** A sentence with a number. */
  readonly message: string;
  /** The way out, and the recipe's field it names. */
  readonly advice: string;
  readonly field: keyof Recipe | null;
}

export type RunStatus = 'running' | 'paused' | 'stopped' | 'finished' | 'failed';

export interface RunSummary {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly status: RunStatus;
  readonly recipe: Recipe;
  readonly device: string;
  readonly bytes: number;
  /** Finished iterations of every arm. */
  readonly iterations: number;
  readonly failure: Failure | null;
  /** On the device, in bytes; once it has ended or was stopped. */
  readonly memory?: { readonly planned: number; readonly peak: number };
}

export interface RunDetail {
  readonly summary: RunSummary;
  readonly evaluations: readonly Evaluation[];
  readonly iterations: readonly IterationSummary[];
  readonly steps: readonly StepMetrics[];
  /** Of the warm-up. */
  readonly sftSteps: readonly SftStep[];
  readonly warnings: readonly Warning[];
  readonly progress: Progress | null;
  /** Of each arm the iteration whose policy scored highest on held-out prompts, 0 for the seed model. Told of a stored run. */
  readonly best?: Readonly<Partial<Record<Arm, number>>>;
}
