/** The run that the Lab shows: active in this tab, active in another tab, or the newest stored one. */

import { createStore } from 'zustand/vanilla';
import type { Arm } from '../../recipe/recipe';
import type { Evaluation } from '../../records/evaluations';
import type { JudgeFacts } from '../../records/judgements';
import type { Progress, Warning } from '../../records/progress';
import type { RunDetail, RunSummary } from '../../records/runs';
import type { IterationSummary, SftStep } from '../../records/training';

export interface CurrentRun {
  readonly run: RunSummary | null;
  /** The run is running or paused in this tab. */
  readonly active: boolean;
  /** Id of the run that is active in another tab. */
  readonly otherTab: string | null;
  readonly progress: Progress | null;
  readonly evaluations: readonly Evaluation[];
  readonly iterations: readonly IterationSummary[];
  /** Steps of the warm-up, in order. */
  readonly sftSteps: readonly SftStep[];
  readonly warnings: readonly Warning[];
  /** Facts about the judge in the iteration that is being judged, so far. */
  readonly judging: (OfIteration & { readonly facts: JudgeFacts }) | null;
  /** The user's request that the run has not fulfilled yet. */
  readonly asked: 'start' | 'pause' | 'stop' | 'step' | null;
}

export const NO_RUN: CurrentRun = {
  run: null,
  active: false,
  otherTab: null,
  progress: null,
  evaluations: [],
  iterations: [],
  sftSteps: [],
  warnings: [],
  judging: null,
  asked: null,
};

export const currentRunStore = createStore<CurrentRun>(() => NO_RUN);

interface OfIteration {
  readonly iteration: number;
  readonly arm: Arm;
}

/** Adds the record of an (iteration, arm) to a sorted list, or replaces it. */
export function upsert<T extends OfIteration>(list: readonly T[], one: T): readonly T[] {
  const others = list.filter((other) => other.iteration !== one.iteration || other.arm !== one.arm);
  return [...others, one].sort((a, b) => a.iteration - b.iteration || b.arm.localeCompare(a.arm));
}

export function fromDetail(detail: RunDetail): Partial<CurrentRun> {
  return {
    run: detail.summary,
    progress: detail.progress,
    evaluations: detail.evaluations,
    iterations: detail.iterations,
    sftSteps: detail.sftSteps,
    warnings: detail.warnings,
    judging: null,
  };
}

/** Whether a run is running or paused in this tab. */
export const isActive = (state: CurrentRun): boolean => state.active && state.otherTab === null;

/** Whether a run can start: none is active in any tab, and none has been asked for. */
export const isIdle = (state: CurrentRun): boolean =>
  !isActive(state) && state.otherTab === null && state.asked === null;
