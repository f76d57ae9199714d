/** The choices that the autotuner would make on a GPU, if it measured the predicted times. */
import { type Decision, type Dispatch, Planner } from '../../src/engine/planner';
import { type Choices, chosenOf, type Tuning } from '../../src/engine/tuning';
import { FEATURES } from '../../src/training/testing/model-plans';
import type { WorkspacePlan } from '../../src/training/workspace-plan';
import { type Ranges, type ResolvedDispatch, resolveDispatch } from './dispatches';
import type { Gpu } from './gpus';
import type { Kernels } from './kernels';

/** A GPU with all features that kernels may need, without measurements. */
export const UNTUNED: Tuning = { software: false, features: FEATURES, choices: {} };

interface Candidate {
  readonly name: string;
  readonly planned: readonly Dispatch[];
  readonly resolved: readonly ResolvedDispatch[];
}

/** The candidates of a decision, as the autotuner plans them alone. */
function candidatesOf({ key, candidates, measure }: Decision): readonly Candidate[] {
  return candidates.map((name) => {
    const planner = new Planner({ ...UNTUNED, choices: { [key]: name } });
    const ranges = rangesOf(measure(planner).inputs?.ranges ?? new Uint32Array());
    const seen = ranges.reduce((sum, [prefix, prefixEnd, own, ownEnd]) => sum + prefixEnd - prefix + ownEnd - own, 0);
    const replay = { values: {}, keys: seen / Math.max(1, ranges.length) };
    const planned = planner.dispatches;
    return { name, planned, resolved: planned.map((dispatch) => resolveDispatch(dispatch, replay, ranges)) };
  });
}

function rangesOf(words: Uint32Array): Ranges {
  return Array.from({ length: words.length / 4 }, (_, n) => {
    const [prefix = 0, prefixEnd = 0, own = 0, ownEnd = 0] = words.slice(4 * n, 4 * n + 4);
    return [prefix, prefixEnd, own, ownEnd] as const;
  });
}

/**
 * Plans with the fastest candidate of every decision.
 * @param known choices for this GPU, which are completed
 */
export async function tunedPlan(
  gpu: Gpu,
  kernels: Kernels,
  make: (tuning: Tuning) => WorkspacePlan,
  known: Record<string, string>,
): Promise<WorkspacePlan> {
  for (;;) {
    const plan = make({ ...UNTUNED, choices: known });
    const open = [...plan.decisions.values()].filter(({ key }) => known[key] === undefined);
    if (open.length === 0) return plan;
    const decisions = open.map((decision) => ({ key: decision.key, candidates: candidatesOf(decision) }));
    await kernels.compile(decisions.flatMap(({ candidates }) => candidates.flatMap(({ planned }) => planned)));
    for (const { key, candidates } of decisions) {
      const times = candidates.map(({ name, resolved }) => ({ name, seconds: secondsOf(gpu, kernels, resolved) }));
      known[key] = times.reduce((best, other) => (other.seconds < best.seconds ? other : best)).name;
    }
  }
}

function secondsOf(gpu: Gpu, kernels: Kernels, dispatches: readonly ResolvedDispatch[]): number {
  return dispatches.reduce((sum, d) => sum + kernels.estimate(gpu, d).seconds + gpu.dispatch, 0);
}

/** The decisions of a plan whose choice is not the default. */
export function changedChoices({ decisions }: WorkspacePlan, choices: Choices): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const { key, candidates } of decisions.values()) {
    const chosen = chosenOf(candidates, choices[key]);
    if (chosen !== undefined && chosen !== candidates[0]) changed[key] = chosen;
  }
  return changed;
}
