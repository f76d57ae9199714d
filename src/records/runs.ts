/** Runs: their summaries, details and warnings. Types only. */
import type { Failure } from '../lib/errors';
import type { Arm, Recipe } from '../recipe/recipe';
import type { Evaluation } from './evaluations';
import type { Progress } from './progress';
import type { IterationSummary, SftStep, StepMetrics } from './training';

/** A sign that a run goes wrong, or that a judge is unreliable. */
export interface Warning {
  /** A stable name, e.g. `logps-fall`. */
  readonly code: string;
  /** What was noticed, with the number that shows it. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** The recipe's field that the advice names. Null if it names none. */
  readonly field: keyof Recipe | null;
}

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
