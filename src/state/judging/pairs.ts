/** The iteration and arm that the Pairs page shows: candidates, the user's edits, and the verdicts of other judges. */

import { createStore } from 'zustand/vanilla';
import type { Failure } from '../../lib/errors';
import type { Arm } from '../../recipe/recipe';
import type { Rollout } from '../../records/candidates';
import type { RejudgedPair, Rejudgement } from '../../records/judgements';
import type { PairEdit } from '../../records/pairs';
import type { Progress } from '../../records/progress';
import type { RunDetail } from '../../records/runs';
import type { IterationSummary } from '../../records/training';
import type { PendingDeletes } from '../undoable-delete';

/** The verdicts of another judge on the iteration shown. Its calls and replies are loaded when a prompt is opened. */
export interface RejudgedIteration extends Rejudgement {
  readonly entries: readonly RejudgedPair[];
}

export interface PairsPlace {
  readonly run: string;
  /** `evaluate`: the held-out prompts, which have no pairs to edit. */
  readonly purpose: 'train' | 'evaluate';
  readonly iteration: number;
  readonly arm: Arm;
}

/** `pendingDeletes` holds re-judgements. */
export interface Pairs extends Omit<PairsPlace, 'run'>, PendingDeletes {
  readonly run: string | null;
  /** Null while they are being read. */
  readonly rollouts: readonly Rollout[] | null;
  /** Edits in the whole run. */
  readonly edits: readonly PairEdit[];
  /** Newest first. */
  readonly rejudgements: readonly RejudgedIteration[];
  /** Id of the re-judgement shown next to the run's own verdicts, or null. */
  readonly compared: string | null;
  readonly rejudging: { readonly done: number; readonly total: number } | null;
  readonly rejudgeFailure: Failure | null;
  /** All candidates are shown in full, however long. */
  readonly inFull: boolean;
}

export const NO_PAIRS: Pairs = {
  run: null,
  purpose: 'train',
  iteration: 1,
  arm: 'thinking',
  rollouts: null,
  edits: [],
  rejudgements: [],
  compared: null,
  rejudging: null,
  rejudgeFailure: null,
  inFull: false,
  pendingDeletes: new Map(),
};

export const pairsStore = createStore<Pairs>(() => NO_PAIRS);

export const isOf = (rollout: Rollout, { purpose, iteration, arm }: Omit<PairsPlace, 'run'>): boolean =>
  rollout.purpose === purpose && rollout.iteration === iteration && rollout.arm === arm;

/** Rollouts in order of position; a newer record of a prompt replaces the older one. */
export function mergeRollouts(rollouts: readonly Rollout[], newer: readonly Rollout[]): readonly Rollout[] {
  if (newer.length === 0) return rollouts;
  const byPosition = new Map([...rollouts, ...newer].map((rollout) => [rollout.position, rollout]));
  return [...byPosition.values()].toSorted((a, b) => a.position - b.position);
}

/** Adds what the run has generated or judged since its prompts were read. */
export function updatePairs(run: string | undefined, finished: readonly Rollout[]): void {
  const state = pairsStore.getState();
  if (state.rollouts === null || state.run !== run) return;
  const newer = finished.filter((rollout) => isOf(rollout, state));
  if (newer.length > 0) pairsStore.setState({ rollouts: mergeRollouts(state.rollouts, newer) });
}

export const editOf = (
  edits: readonly PairEdit[],
  { iteration, arm, position }: Pick<Rollout, 'iteration' | 'arm' | 'position'>,
): PairEdit | null =>
  edits.find((edit) => edit.iteration === iteration && edit.arm === arm && edit.position === position) ?? null;

/** The rollout with the pair that is trained on: the user's if there is one, otherwise the judge's. */
export function withEdit(rollout: Rollout, edit: PairEdit | null): Rollout {
  if (edit === null) return rollout;
  if (edit.pair === 'excluded') return { ...rollout, pair: { none: 'excluded' } };
  const rejectedMalformed = (rollout.candidates[edit.pair.rejected]?.malformed ?? null) !== null;
  return { ...rollout, pair: { ...edit.pair, rejectedMalformed } };
}

export const pairOf = ({ pair }: Rollout): { readonly chosen: number; readonly rejected: number } | null =>
  pair !== null && 'chosen' in pair ? pair : null;

/** Phases in which training on the iteration's pairs has started. */
const TRAINED: readonly Progress['phase'][] = ['reference', 'train', 'evaluate', 'save'];

/** Whether an iteration of an arm has started training. An edit then comes too late for it. */
export function hasStartedTraining(
  { iteration, arm }: Omit<PairsPlace, 'run' | 'purpose'>,
  {
    iterations,
    progress,
  }: { readonly iterations: readonly Pick<IterationSummary, 'iteration' | 'arm'>[] } & Pick<RunDetail, 'progress'>,
): boolean {
  if (iterations.some((one) => one.arm === arm && one.iteration >= iteration)) return true;
  if (progress === null || progress.arm !== arm) return false;
  return progress.iteration > iteration || (progress.iteration === iteration && TRAINED.includes(progress.phase));
}

export function setRejudgeProgress(done: number, total: number): void {
  if (pairsStore.getState().rejudging !== null) pairsStore.setState({ rejudging: { done, total } });
}
