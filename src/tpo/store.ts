/** The records that the loop stores and reads back. `src/storage` implements the stores on IndexedDB. Types only. */

import type { Arm } from '../recipe/recipe';
import type { Rollout, RolloutFilter } from '../records/candidates';
import type { Evaluation } from '../records/evaluations';
import type { CastVote, RejudgedPair, RejudgedPrompt, Rejudgement, StoredJudgement } from '../records/judgements';
import type { PromptPlace, StoredPairEdit } from '../records/pairs';
import type { Warning } from '../records/progress';
import type { Checkpoint, RunDetail, RunSummary } from '../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../records/training';

/** The votes of people, and their edits of pairs. */
export interface VoteStore {
  /** Stores a vote. Replaces an earlier vote on the same prompt. */
  putVote(runId: string, vote: CastVote): Promise<void>;
  deleteVote(runId: string, place: PromptPlace): Promise<void>;
  /** In the order in which they were cast. */
  votes(runId: string): Promise<readonly CastVote[]>;

  /**
   * Changes the edit of a pair.
   * @param change returns the new edit, or null to delete it. `begun` says whether training of the iteration has
   * begun; that is read in the same transaction.
   * @returns the new edit
   */
  editPair(
    runId: string,
    place: PromptPlace,
    change: (before: StoredPairEdit | null, begun: boolean) => StoredPairEdit | null,
  ): Promise<StoredPairEdit | null>;
  /** Ordered by iteration, arm (as in ARMS) and position. */
  pairEdits(runId: string): Promise<readonly StoredPairEdit[]>;
}

/** The judgements of other judges on iterations that have been judged. */
export interface RejudgementStore {
  /** Stores a rejudgement, replacing its earlier state, and adds prompts to those that it already has. */
  putRejudgement(rejudgement: Rejudgement, judged: readonly RejudgedPrompt[]): Promise<void>;
  /** Newest first. */
  rejudgements(runId: string): Promise<readonly Rejudgement[]>;
  /** Ordered by position. */
  rejudgedPairs(runId: string, id: string): Promise<readonly RejudgedPair[]>;
  /** The other judge's judgement of one prompt; null if it was not asked about it. */
  rejudgedJudgement(runId: string, id: string, position: number): Promise<StoredJudgement | null>;
  deleteRejudgement(runId: string, id: string): Promise<void>;
}

/** Writes to a run that does not exist throw LabError not-found. */
export interface RunStore extends VoteStore, RejudgementStore {
  /** The store counts the summary's `bytes` itself. */
  create(run: RunSummary): Promise<void>;
  update(
    runId: string,
    change: Partial<Pick<RunSummary, 'name' | 'status' | 'updated' | 'iterations' | 'failure' | 'lanes' | 'memory'>>,
  ): Promise<void>;
  /** Newest first. */
  list(): Promise<readonly RunSummary[]>;
  get(runId: string): Promise<RunSummary | null>;
  detail(runId: string): Promise<RunDetail | null>;
  /** Deletes the run and all its records. */
  delete(runId: string): Promise<void>;

  putRollout(runId: string, rollout: Rollout): Promise<void>;
  /** Ordered by iteration, arm (as in ARMS), purpose (training first) and position. */
  rollouts(runId: string, filter: RolloutFilter): Promise<readonly Rollout[]>;
  putEvaluation(runId: string, evaluation: Evaluation): Promise<void>;
  putIteration(runId: string, iteration: IterationSummary): Promise<void>;
  /** Stores a warning, unless it is stored already. */
  putWarning(runId: string, warning: Warning): Promise<void>;

  /**
   * Stores a checkpoint as the arm's head. First its chunks are stored under new ids. Then one strict transaction
   * stores the manifest (SHA-256 of each chunk), the step's metrics and the arm's head, and deletes the old chunks.
   */
  commit(runId: string, checkpoint: Checkpoint, metrics: StepMetrics | SftStep | null): Promise<void>;
  /** The arm's last checkpoint, verified by the SHA-256 of its chunks. @throws LabError bad-file */
  head(runId: string, arm: Arm): Promise<Checkpoint | null>;
  /** Stores the adapter as it was after an iteration. It is kept until the run is deleted. */
  putIterationAdapter(runId: string, arm: Arm, iteration: number, weights: Float32Array): Promise<void>;
  iterationAdapter(runId: string, arm: Arm, iteration: number): Promise<Float32Array | null>;
}
