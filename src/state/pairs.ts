/** One iteration of one arm as the Pairs place shows it: its candidates, what the reader changed, what other judges say. */
import { create } from 'zustand';
import type { Failure } from '../lib/errors';
import type { Arm } from '../recipe/recipe';
import type { Rollout } from '../records/candidates';
import type { RejudgedPair, Rejudgement } from '../records/judgements';
import type { PairEdit } from '../records/pairs';
import type { Progress } from '../records/progress';
import type { RunDetail } from '../records/runs';
import type { IterationSummary } from '../records/training';
import type { Going } from './delete-soon';

/** Another judge's word on the iteration shown; what it said of a prompt is read when that is looked at. */
export interface SecondOpinion extends Rejudgement {
  readonly entries: readonly RejudgedPair[];
}

export interface PairsPlace {
  readonly run: string;
  /** `evaluate`: the held-out prompts, which are looked at only. */
  readonly purpose: 'train' | 'evaluate';
  readonly iteration: number;
  readonly arm: Arm;
}

/** `going`: re-judgements that will be deleted. */
export interface Pairs extends Omit<PairsPlace, 'run'>, Going {
  readonly run: string | null;
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
  /** Every candidate's text is shown to its end. */
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
  going: new Map(),
};

export const usePairs = create<Pairs>()(() => NO_PAIRS);

export const isOf = (rollout: Rollout, { purpose, iteration, arm }: Omit<PairsPlace, 'run'>): boolean =>
  rollout.purpose === purpose && rollout.iteration === iteration && rollout.arm === arm;

/** The later record of a prompt stands; in order of position. */
export function withNews(rollouts: readonly Rollout[], news: readonly Rollout[]): readonly Rollout[] {
  if (news.length === 0) return rollouts;
  const byPosition = new Map([...rollouts, ...news].map((rollout) => [rollout.position, rollout]));
  return [...byPosition.values()].toSorted((a, b) => a.position - b.position);
}

/** What a run has written or judged since its prompts were read. */
export function pairsNews(run: string | undefined, finished: readonly Rollout[]): void {
  const state = usePairs.getState();
  if (state.rollouts === null || state.run !== run) return;
  const news = finished.filter((rollout) => isOf(rollout, state));
  if (news.length > 0) usePairs.setState({ rollouts: withNews(state.rollouts, news) });
}

export const editOf = (
  edits: readonly PairEdit[],
  { iteration, arm, position }: Pick<Rollout, 'iteration' | 'arm' | 'position'>,
): PairEdit | null =>
  edits.find((edit) => edit.iteration === iteration && edit.arm === arm && edit.position === position) ?? null;

/** With what counts: the reader's pair where there is one, else the judge's. */
export function withEdit(rollout: Rollout, edit: PairEdit | null): Rollout {
  if (edit === null) return rollout;
  if (edit.pair === 'excluded') return { ...rollout, pair: { none: 'excluded' } };
  const rejectedMalformed = (rollout.candidates[edit.pair.rejected]?.malformed ?? null) !== null;
  return { ...rollout, pair: { ...edit.pair, rejectedMalformed } };
}

export const pairOf = ({ pair }: Rollout): { readonly chosen: number; readonly rejected: number } | null =>
  pair !== null && 'chosen' in pair ? pair : null;

/** Phases in which an iteration's pairs are trained on, or have been. */
const TRAINED: readonly Progress['phase'][] = ['reference', 'train', 'evaluate', 'save'];

/** Whether an iteration of an arm has begun to train, as far as the page has heard: then a change comes too late for it. */
export function hasBegun(
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

export function rejudgeProgress(done: number, total: number): void {
  if (usePairs.getState().rejudging !== null) usePairs.setState({ rejudging: { done, total } });
}
