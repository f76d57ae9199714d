/** The run in the Lab, as far as React shows it: one that runs, one that another tab runs, or the last one. */
import { create } from 'zustand';
import type { Arm } from '../recipe/recipe';
import type { Evaluation } from '../records/evaluations';
import type { JudgeFacts } from '../records/judgements';
import type { Progress } from '../records/progress';
import type { RunDetail, RunSummary, Warning } from '../records/runs';
import type { IterationSummary, SftStep } from '../records/training';

export interface CurrentRun {
  readonly run: RunSummary | null;
  /** It runs (or waits, paused) in this tab. */
  readonly active: boolean;
  /** The run that another tab holds. */
  readonly elsewhere: string | null;
  readonly progress: Progress | null;
  readonly evaluations: readonly Evaluation[];
  readonly iterations: readonly IterationSummary[];
  /** Of the warm-up, in order. */
  readonly sftSteps: readonly SftStep[];
  readonly warnings: readonly Warning[];
  /** Of the iteration that is being judged, so far. */
  readonly judging: (OfIteration & { readonly facts: JudgeFacts }) | null;
  /** Asked for and not yet in effect. */
  readonly asked: 'start' | 'pause' | 'stop' | 'step' | null;
}

export const NO_RUN: CurrentRun = {
  run: null,
  active: false,
  elsewhere: null,
  progress: null,
  evaluations: [],
  iterations: [],
  sftSteps: [],
  warnings: [],
  judging: null,
  asked: null,
};

export const useRun = create<CurrentRun>()(() => NO_RUN);

interface OfIteration {
  readonly iteration: number;
  readonly arm: Arm;
}

/** The list with one record of an (iteration, arm) added or replaced, in order. */
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

/** Runs, or is paused, here. */
export const isActive = (state: CurrentRun): boolean => state.active && state.elsewhere === null;
