import type { ArmIteration } from '../records/candidates';
import type { PreferencePair, ReferenceLogps, SftSample } from '../records/pairs';
import type { RolloutBatch } from './generation/rollout-batch';

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

/**
 * The arm iterations that are not closed yet. Only the first is worked on, except while it waits for votes: then the
 * candidates of the second are generated.
 */
export class OpenIterations {
  /** The states that are open: none, the first, or the first and the second. */
  readonly open: ArmIterationState[] = [];

  constructor(
    /** Arm iterations that are not closed, in order. */
    private readonly unclosed: ArmIteration[],
    private readonly openState: (which: ArmIteration) => Promise<ArmIterationState>,
  ) {}

  get remaining(): readonly ArmIteration[] {
    return this.unclosed;
  }

  /** The arm iteration to work on; null when all are closed. */
  current(): Promise<ArmIterationState | null> {
    return this.stateAt(0);
  }

  /** The arm iteration after the current one; null if that is the last. */
  following(): Promise<ArmIterationState | null> {
    return this.stateAt(1);
  }

  /** Closes the current arm iteration, and drops those that will not take place. */
  close(takesPlace: (which: ArmIteration) => boolean): void {
    this.open.shift();
    this.unclosed.shift();
    this.unclosed.splice(0, Infinity, ...this.unclosed.filter(takesPlace));
    this.open.splice(0, Infinity, ...this.open.filter(takesPlace));
  }

  private async stateAt(index: 0 | 1): Promise<ArmIterationState | null> {
    const which = this.unclosed[index];
    if (!which) return null;
    this.open[index] ??= await this.openState(which);
    return this.open[index];
  }
}
