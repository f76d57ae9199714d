/** The records that the loop stores and reads back. `src/storage` implements this on IndexedDB. Types only. */
import type { Arm } from '../recipe/recipe';
import type { Rollout, RolloutFilter } from '../records/candidates';
import type { Checkpoint } from '../records/checkpoints';
import type { Evaluation } from '../records/evaluations';
import type { RejudgedPair, RejudgedPrompt, Rejudgement, StoredJudgement } from '../records/judgements';
import type { PromptPlace, StoredPairEdit } from '../records/pairs';
import type { RunDetail, RunSummary, Warning } from '../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../records/training';
import type { CastVote } from '../records/votes';

/** The votes of people and the pairs that they edited. */
export interface VoteStore {
  /** Replaces an earlier vote on the same prompt. */
  putVote(runId: string, vote: CastVote): Promise<void>;
  deleteVote(runId: string, place: PromptPlace): Promise<void>;
  /** In the order in which they were cast. */
  votes(runId: string): Promise<readonly CastVote[]>;

  /**
   * Edits a pair in the same transaction that reads whether training of its iteration has begun (`begun`).
   * @param change returns the new edit, or null to remove it
   */
  editPair(
    runId: string,
    place: PromptPlace,
    change: (before: StoredPairEdit | null, begun: boolean) => StoredPairEdit | null,
  ): Promise<StoredPairEdit | null>;
  /** By iteration, arm and position. */
  pairEdits(runId: string): Promise<readonly StoredPairEdit[]>;
}

/** The verdicts of other judges on iterations that have been judged. */
export interface RejudgementStore {
  /** Replaces the summary of the re-judgement, and adds the prompts to those stored before. */
  putRejudgement(rejudgement: Rejudgement, judged: readonly RejudgedPrompt[]): Promise<void>;
  /** Newest first. */
  rejudgements(runId: string): Promise<readonly Rejudgement[]>;
  /** In the order of the positions. */
  rejudgedPairs(runId: string, id: string): Promise<readonly RejudgedPair[]>;
  /** The other judge's judgement of one prompt. Null if it was not asked about this prompt. */
  rejudgedWords(runId: string, id: string, position: number): Promise<StoredJudgement | null>;
  deleteRejudgement(runId: string, id: string): Promise<void>;
}

export interface RunStore extends VoteStore, RejudgementStore {
  /** The store itself counts `bytes` of the summary. */
  create(run: RunSummary): Promise<void>;
  update(
    runId: string,
    change: Partial<Pick<RunSummary, 'name' | 'status' | 'updated' | 'iterations' | 'failure' | 'memory'>>,
  ): Promise<void>;
  list(): Promise<readonly RunSummary[]>;
  get(runId: string): Promise<RunSummary | null>;
  detail(runId: string): Promise<RunDetail | null>;
  delete(runId: string): Promise<void>;

  putRollout(runId: string, rollout: Rollout): Promise<void>;
  /** Ordered by iteration, arm (as in ARMS), purpose (training first), position. */
  rollouts(runId: string, filter: RolloutFilter): Promise<readonly Rollout[]>;
  putEvaluation(runId: string, evaluation: Evaluation): Promise<void>;
  putIteration(runId: string, iteration: IterationSummary): Promise<void>;
  putWarning(runId: string, warning: Warning): Promise<void>;

  /**
   * Writes the chunks under new ids, then commits in one strict transaction: it writes the manifest with each chunk's
   * sha-256 as the arm's head, writes the step's metrics, and deletes the old chunks.
   */
  commit(runId: string, checkpoint: Checkpoint, metrics: StepMetrics | SftStep | null): Promise<void>;
  /** The arm's last checkpoint. Its chunks are checked against their sha-256. @throws LabError bad-file */
  head(runId: string, arm: Arm): Promise<Checkpoint | null>;
  /** Stores the adapter at the start or the end of an iteration. It is kept until the run is deleted. */
  putIterationAdapter(runId: string, arm: Arm, iteration: number, weights: Float32Array): Promise<void>;
  iterationAdapter(runId: string, arm: Arm, iteration: number): Promise<Float32Array | null>;
}
