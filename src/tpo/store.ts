/** What the loop writes down and reads back. `src/storage` implements it on IndexedDB. Types only. */
import type { Arm } from '../recipe/recipe';
import type { Rollout, RolloutFilter } from '../records/candidates';
import type { Checkpoint } from '../records/checkpoints';
import type { Evaluation } from '../records/evaluations';
import type { RejudgedPair, RejudgedPrompt, Rejudgement, StoredJudgement } from '../records/judgements';
import type { PromptPlace, StoredPairEdit } from '../records/pairs';
import type { RunDetail, RunSummary, Warning } from '../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../records/training';
import type { CastVote } from '../records/votes';

/** What readers and other judges say of a run's prompts. */
export interface OpinionStore {
  /** Replaces an earlier one of the same prompt. */
  putVote(runId: string, vote: CastVote): Promise<void>;
  deleteVote(runId: string, place: PromptPlace): Promise<void>;
  /** In the order in which they were cast. */
  votes(runId: string): Promise<readonly CastVote[]>;

  /**
   * Changes a pair in one transaction with a look at the arm: `begun` says whether the iteration has begun to train.
   * @param change to the edit that is to stand, null for none
   */
  editPair(
    runId: string,
    place: PromptPlace,
    change: (before: StoredPairEdit | null, begun: boolean) => StoredPairEdit | null,
  ): Promise<StoredPairEdit | null>;
  /** By iteration, arm and position. */
  pairEdits(runId: string): Promise<readonly StoredPairEdit[]>;

  /** Replaces what was said of it before; the prompts come on top of those that it has. */
  putRejudgement(rejudgement: Rejudgement, judged: readonly RejudgedPrompt[]): Promise<void>;
  /** Newest first. */
  rejudgements(runId: string): Promise<readonly Rejudgement[]>;
  /** In the order of the positions. */
  rejudgedPairs(runId: string, id: string): Promise<readonly RejudgedPair[]>;
  /** What the other judge said of one prompt; null where it was not asked. */
  rejudgedWords(runId: string, id: string, position: number): Promise<StoredJudgement | null>;
  deleteRejudgement(runId: string, id: string): Promise<void>;
}

export interface RunStore extends OpinionStore {
  /** `bytes` of a summary is counted by the store itself. */
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

  /** Chunks under new ids, then one strict transaction: manifest with sha-256 of each chunk, the step's metrics, the arm's head; then the old chunks go. */
  commit(runId: string, checkpoint: Checkpoint, metrics: StepMetrics | SftStep | null): Promise<void>;
  /** The arm's head, its chunks checked against their sha-256. @throws LabError bad-file */
  head(runId: string, arm: Arm): Promise<Checkpoint | null>;
  /** The adapter as it was when an iteration began or ended, kept until the run is deleted. */
  putIterationAdapter(runId: string, arm: Arm, iteration: number, weights: Float32Array): Promise<void>;
  iterationAdapter(runId: string, arm: Arm, iteration: number): Promise<Float32Array | null>;
}
