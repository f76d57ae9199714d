/** One iteration of one arm as the Pairs place shows it: its candidates, what the reader changed, what other judges say. */
import { create } from 'zustand';
import type { Arm, Failure, PairEdit, RejudgedPair, Rejudgement, Rollout } from '../worker/protocol';

/** Another judge's word on the iteration shown; what it said of a prompt is read when that is looked at. */
export interface SecondOpinion extends Rejudgement {
  readonly entries: readonly RejudgedPair[];
}

export interface Pairs {
  readonly run: string | null;
  readonly iteration: number;
  readonly arm: Arm;
  /** null while they are read. */
  readonly rollouts: readonly Rollout[] | null;
  /** Of the whole run. */
  readonly edits: readonly PairEdit[];
  /** Newest first. */
  readonly rejudgements: readonly SecondOpinion[];
  /** Of another judge, beside the run's own; null: none is shown. */
  readonly compared: string | null;
  readonly rejudging: { readonly done: number; readonly total: number } | null;
  readonly rejudgeFailure: Failure | null;
}

export const usePairs = create<Pairs>()(() => ({
  run: null,
  iteration: 1,
  arm: 'thinking',
  rollouts: null,
  edits: [],
  rejudgements: [],
  compared: null,
  rejudging: null,
  rejudgeFailure: null,
}));

export const editOf = (
  edits: readonly PairEdit[],
  { iteration, arm, position }: Pick<Rollout, 'iteration' | 'arm' | 'position'>,
): PairEdit | null =>
  edits.find((edit) => edit.iteration === iteration && edit.arm === arm && edit.position === position) ?? null;

/** What counts: the reader's pair where there is one, else the judge's. */
export function pairOf(rollout: Rollout, edit: PairEdit | null): { readonly chosen: number; readonly rejected: number } | null {
  if (edit !== null) return edit.pair === 'excluded' ? null : edit.pair;
  return rollout.pair !== null && 'chosen' in rollout.pair ? rollout.pair : null;
}

export function rejudgeProgress(done: number, total: number): void {
  if (usePairs.getState().rejudging !== null) usePairs.setState({ rejudging: { done, total } });
}
