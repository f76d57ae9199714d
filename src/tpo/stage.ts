/**
 * The loop is divided into stages, and each stage into units of work. A unit is the smallest step forward: it ends
 * with its result stored, or with nothing stored.
 */

import type { OpenJudge } from '../judges/judge';
import type { Arm } from '../recipe/recipe';
import type { ArmIteration, Rollout } from '../records/candidates';
import type { LabEvent } from '../records/events';
import type { PreferencePair, ReferenceLogps, SftSample } from '../records/pairs';
import type { Phase, Progress } from '../records/progress';
import type { Prompt } from '../records/prompts';
import type { Checkpoint, RunSummary } from '../records/runs';
import type { OpenIterations } from './arm-iterations';
import type { RolloutBatch } from './generation/rollout-batch';
import type { RunPrompts } from './generation/run-prompts';
import type { Policy } from './policy';
import type { Work } from './progress/unit-costs';
import type { RunLog } from './run-log';
import type { RunStore } from './store';

/**
 * An arm iteration in progress. Everything here follows from stored records, or is kept only to avoid computing it
 * again.
 */
export interface ArmIterationState extends ArmIteration {
  /** The prompts that are trained on. Null in iteration 0 without a warm-up, which only evaluates the seed model. */
  readonly training: RolloutBatch | null;
  /** The held-out prompts. */
  readonly evaluation: RolloutBatch;
  /** The pairs of all training prompts. Null until the last one is decided. */
  pairs: readonly PreferencePair[] | null;
  /** Reference log-probabilities, in the order of `pairs`. Null until they are stored. */
  reference: readonly ReferenceLogps[] | null;
  /** Seconds spent on the reference log-probabilities in this session. */
  referenceSeconds: number;
  /** The completions that the warm-up trains on. Null until all its prompts are generated. */
  samples: readonly SftSample[] | null;
  /** For each optimiser step, the indices of its pairs (or samples). Empty until `pairs` (or `samples`) are known. */
  batches: readonly (readonly number[])[];
  /** Optimiser steps done. */
  step: number;
  /** Whether the adapter that this iteration trained is stored. */
  adapterSaved: boolean;
  /** Whether the summary of the evaluation is stored. */
  evaluated: boolean;
}

/** Returns the next unit of work of an arm iteration, or null if the stage has nothing left to do in it. */
export type Stage = (state: ArmIterationState) => Unit | null | Promise<Unit | null>;

/** A unit of work. */
export interface Unit {
  readonly state: ArmIterationState;
  /** How far the stage is. Read before the unit runs and after it has been stored. Null: too short to be shown. */
  activity(): Activity | null;
  /** Whether the unit trains, so that the judges may have to free their GPU memory before it. */
  readonly trains?: boolean;
  /**
   * Does the work and stores it.
   * @param generateAhead whether the policy may keep generating after this unit, while other units run
   */
  run(generateAhead: boolean): Promise<UnitOutcome>;
}

/**
 * `interrupted`: nothing was stored because `interrupt` was called. `waiting`: nothing can be done before a person has
 * voted.
 */
export type UnitOutcome = 'stored' | 'interrupted' | 'waiting';

/** The current work of the loop. The page shows it, and its time is measured. */
export interface Activity {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  /** The things that `done` and `total` count. */
  readonly counts: Progress['counts'];
  /** The kind of work, which is timed to predict the time left. Null if it is not predicted. */
  readonly work: Work | null;
  /** The amount of `work` done so far, if that is not what `done` counts. */
  readonly workDone?: number;
}

/** Observes the loop. The loop reports what happens, and nothing that it does depends on the observer. */
export interface LoopObserver {
  /** Called when the loop begins an activity, and when the activity progresses. */
  activity(which: ArmIteration, activity: Activity): void;
  /** Called when candidates have grown by this number of tokens. */
  tokens(count: number): void;
  /** Called with the rollouts that an earlier session has stored. */
  restored(rollouts: readonly Rollout[]): void;
}

/** The parts that a loop is constructed from. */
export interface LoopParts {
  readonly run: RunSummary;
  /** Hash of the recipe. A checkpoint that was stored under another hash is refused. */
  readonly recipeHash: string;
  readonly policy: Policy;
  readonly store: RunStore;
  /** All training prompts, in the order of their set. */
  readonly prompts: readonly Prompt[];
  /** All held-out prompts, in the order of their set. */
  readonly heldout: readonly Prompt[];
  /** Judges the candidates that are trained on. */
  readonly judge: OpenJudge;
  /** Judges the held-out samples. May be the same object as `judge`. */
  readonly evaluationJudge: OpenJudge;
  /** Whether the judges have to free their GPU memory for the training. */
  readonly judgesMustFreeMemory: boolean;
  emit(event: LabEvent): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** The context that all stages share. */
export interface LoopContext extends Omit<LoopParts, 'prompts' | 'heldout'> {
  /** The prompts of the run, encoded. */
  readonly prompts: RunPrompts;
  readonly iterations: OpenIterations<ArmIterationState>;
  readonly log: RunLog;
  /** The last checkpoint of each arm. */
  readonly heads: Map<Arm, Checkpoint>;
  readonly observer: LoopObserver;
}
