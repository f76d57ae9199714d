/**
 * The loop is divided into stages, and each stage into units of work. A unit is the smallest step forward: it ends
 * with its result stored, or with nothing stored.
 */
import type { OpenJudge } from '../judges/judge';
import type { Arm } from '../recipe/recipe';
import type { ArmIteration, Rollout } from '../records/candidates';
import type { Checkpoint } from '../records/checkpoints';
import type { LabEvent } from '../records/events';
import type { Phase, Progress } from '../records/progress';
import type { RunSummary } from '../records/runs';
import type { ArmIterationState, OpenIterations } from './arm-iteration-state';
import type { RunPrompts } from './generation/run-prompts';
import type { Policy } from './policy';
import type { Work } from './progress/time-left';
import type { RunLog } from './run-log';
import type { RunStore } from './store';

/** Returns the next unit of work of an arm iteration, or null if the stage has nothing left to do in it. */
export type Stage = (state: ArmIterationState) => Unit | null | Promise<Unit | null>;

export interface Unit {
  readonly state: ArmIterationState;
  /** How far the stage is. Read before the unit runs and after it has been stored. Null: too short to be shown. */
  activity(): Activity | null;
  /** Whether the unit trains, so that the judges may have to free their GPU memory before it. */
  readonly trains?: boolean;
  /**
   * Does the work and stores it.
   * @param generateAhead whether the policy may go on generating after this unit, while other units are done
   */
  run(generateAhead: boolean): Promise<UnitOutcome>;
}

/**
 * `interrupted`: nothing was stored because `interrupt` was called. `waiting`: nothing can be done before a person has
 * voted.
 */
export type UnitOutcome = 'stored' | 'interrupted' | 'waiting';

/** What the loop is doing, as the page shows it and as it is timed. */
export interface Activity {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  /** The unit of `done` and `total`. */
  readonly unit: Progress['unit'];
  /** The kind of work that is timed, to predict the time left. Null if it is not predicted. */
  readonly work: Work | null;
  /** The amount of `work` done so far, if that is not what `done` counts. */
  readonly workDone?: number;
}

/** Watches the loop. It is told what is going on, and the loop never depends on it. */
export interface LoopObserver {
  /** This is what the loop does from now on, or how far it has come. */
  activity(which: ArmIteration, activity: Activity): void;
  /** Nothing is being done any more. */
  idle(): void;
  /** Candidates have grown by this number of tokens. */
  tokens(count: number): void;
  /** These rollouts were stored by an earlier session. */
  restored(rollouts: readonly Rollout[]): void;
}

/** What a loop is made of. */
export interface RunParts {
  readonly run: RunSummary;
  /** Hash of the recipe. A checkpoint that was stored under another hash is refused. */
  readonly recipeHash: string;
  readonly policy: Policy;
  readonly store: RunStore;
  /** Judges the candidates that are trained on. */
  readonly judge: OpenJudge;
  /** Judges the held-out samples. May be the same object as `judge`. */
  readonly evaluationJudge: OpenJudge;
  /** Whether the judges have to free their GPU memory for the training. */
  readonly judgesYield: boolean;
  emit(event: LabEvent): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** What the stages of a loop share. */
export interface LoopContext extends RunParts {
  readonly prompts: RunPrompts;
  readonly iterations: OpenIterations;
  readonly log: RunLog;
  /** The last checkpoint of each arm. */
  readonly heads: Map<Arm, Checkpoint>;
  readonly observer: LoopObserver;
}
