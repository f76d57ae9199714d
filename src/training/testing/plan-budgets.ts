/** The limits that every plan keeps, whatever the autotuner chooses. */
import { largestGrid } from '../../engine/grid';
import type { Dispatch } from '../../engine/planner';
import { capacity } from '../../engine/tensor';
import { workgroupSize } from '../../engine/testing/workgroup-size';
import { PLAN_NAMES, type PlanName, type WorkspacePlan } from '../workspace-plan';

/** WebGPU's default limits. */
const WORKGROUPS = 65_535;
const STORAGE_BINDINGS = 8;

/** Floating-point operations of one dispatch: 0.1 s where a third of 0.3 TFLOP/s is reached. */
const DISPATCH_FLOPS = 10e9;

/** Threads that a GPU needs to hide its latencies, and terms that one thread may add in turn. */
const THREADS = 1024;
const TERMS_IN_TURN = 128;
/** Longer sums may be added by this many threads. */
const THREADS_PER_SUM = 16;

/**
 * Sums of a product that one thread can hold in registers. Threads that do more work for each term add more terms than
 * their dispatch states.
 */
const SUMS_PER_THREAD = 64;

export type PlanRule = 'grid' | 'bindings' | 'flops' | 'threads' | 'sum is stated' | 'terms in turn';

export interface PlanViolation {
  readonly rule: PlanRule;
  readonly plan: PlanName;
  /** The kernel's file and entry point. */
  readonly kernel: string;
  /** The numbers. */
  readonly detail: string;
}

/**
 * @param few whether the lanes are so few that decoding is bound by latency, which has budgets of its own
 */
export function planViolations({ dispatches, spec }: WorkspacePlan, few: boolean): PlanViolation[] {
  const { headSize } = spec.weights.model.config;
  return PLAN_NAMES.flatMap((plan) =>
    dispatches[plan].flatMap((dispatch) => {
      const { source, entry } = dispatch.variant;
      const faults = [...limits(dispatch), ...(plan === 'decode' && few ? latency(dispatch, headSize) : [])];
      return faults.map(([rule, detail]) => ({ rule, plan, kernel: `${source.name}.${entry}`, detail }));
    }),
  );
}

type Fault = readonly [PlanRule, string];

const flopsOf = ({ work }: Dispatch) => work.flops * capacity(work.extent);

function limits(dispatch: Dispatch): Fault[] {
  const faults: Fault[] = [];
  const grid = largestGrid(dispatch);
  if (grid.some((count) => count > WORKGROUPS)) faults.push(['grid', `${grid.join(' × ')} workgroups`]);
  const { size } = dispatch.bindings;
  if (size > STORAGE_BINDINGS) faults.push(['bindings', `${size} storage bindings`]);
  const flops = flopsOf(dispatch);
  if (flops > DISPATCH_FLOPS) faults.push(['flops', `${(flops / 1e9).toFixed(1)} GFLOP`]);
  return faults;
}

function latency(dispatch: Dispatch, headSize: number): Fault[] {
  const flops = flopsOf(dispatch);
  if (flops === 0) return [];
  const faults: Fault[] = [];
  const threads = largestGrid(dispatch).reduce((product, count) => product * count, workgroupSize(dispatch.variant));
  if (threads < THREADS) faults.push(['threads', `${threads} threads`]);
  const { sum } = dispatch.work;
  if (sum === undefined) return [...faults, ['sum is stated', 'its work states no sum']];
  const { terms, inTurn } = sum;
  const most = Math.max(TERMS_IN_TURN, terms / THREADS_PER_SUM);
  if (inTurn > most) faults.push(['terms in turn', `${inTurn} of ${terms} terms in turn, at most ${most}`]);
  const sums = flops / 2 / threads / inTurn;
  // A thread of attention may hold a query head and its output.
  if (sums > (dispatch.variant.source.name.startsWith('attention') ? 2 * headSize : SUMS_PER_THREAD))
    faults.push(['sum is stated', `${threads} threads that add ${inTurn} terms would hold ${sums} sums each`]);
  return faults;
}
