/**
 * Predicts how long a dispatch takes on a GPU that is not here, from the instructions of the compiled kernel, the
 * dispatch's grid and uniforms, and published numbers of the GPU:
 *
 *   seconds = max(arithmetic, cache, workgroup memory, latency, memory)
 *
 * `arithmetic` is the time of the vector instructions, `cache` the time of the lines that loads touch, and `latency`
 * the time of the loops that a thread runs in turn, as often as subgroups follow one another on a core. Nothing else
 * is modelled, so the times are too short: by how much was never measured (docs/decisions/predicted-times.md).
 */
import { assert } from '../../src/lib/assert';
import { type Code, combine, type Instructions, total } from './assembly';
import type { ResolvedDispatch } from './dispatches';
import type { Gpu } from './gpus';
import type { Access, KernelShape, LoopShape } from './shape';
import { type Traffic, trafficOf } from './traffic';

/** What the compiler made of a kernel. */
export interface CompiledCode {
  readonly code: Code;
  /** Vector registers of a thread. */
  readonly registers: number;
  /** Bytes of workgroup memory. */
  readonly shared: number;
}

export const BOUNDS = ['arithmetic', 'cache', 'shared', 'latency', 'memory'] as const;
export type Bound = (typeof BOUNDS)[number];

export interface Estimate {
  /** Without the cost of a dispatch. */
  readonly seconds: number;
  readonly bound: Bound;
  readonly times: Readonly<Record<Bound, number>>;
  readonly traffic: Traffic;
}

/** Cycles of a barrier, and of the start and the end of a thread. */
const BARRIER = 40;
const FIXED = 600;
/** Multiply-adds that depend on one another in an iteration. */
const CHAIN = 5;
/** Accesses of workgroup memory in a loop that wait together. */
const TOGETHER = 10;
/** Outside of loops, sums are added in turn, and each read waits for half of its latency. */
const IN_TURN = 0.5;

/** Cycles of a subgroup. */
interface Cycles {
  readonly vector: number;
  readonly cache: number;
  readonly shared: number;
  readonly latency: number;
  /** Latency of a subgroup in the workgroup with the most work. */
  readonly longest: number;
}

export function estimate(
  gpu: Gpu,
  dispatch: ResolvedDispatch,
  shape: KernelShape,
  { code, registers, shared }: CompiledCode,
): Estimate {
  const perGroup = Math.ceil(dispatch.threads / gpu.subgroup);
  const all = dispatch.grid.reduce((product, count) => product * count, 1);
  const groups = shape.groups ?? all;
  const cores = Math.min(gpu.cores, Math.max(1, groups));
  const perCore = (groups * perGroup) / cores;
  const fitting = shared === 0 ? Number.POSITIVE_INFINITY : Math.floor(gpu.workgroupMemory / shared) * perGroup;
  const resident = Math.max(perGroup, Math.min(gpu.resident(registers), fitting));
  const hertz = gpu.clock * 1e9;

  const cycles = kernelCycles(gpu, shape, code, dispatch.kernel);
  const schedulers = Math.min(gpu.lanes / gpu.scheduler, Math.max(1, perCore));
  // Workgroups without work read what tells them so.
  const idle = Math.ceil(((all - groups) * perGroup) / gpu.cores / resident) * gpu.latency.l2;
  const traffic = trafficOf(dispatch, groups / Math.max(1, all));
  const times = {
    arithmetic: (perCore * cycles.vector * (gpu.subgroup / gpu.scheduler)) / schedulers / hertz,
    cache: (perCore * cycles.cache) / hertz,
    shared: (perCore * cycles.shared) / hertz,
    latency: Math.max(Math.ceil(perCore / resident) * cycles.latency + idle, cycles.longest) / hertz,
    memory: (traffic.weights + traffic.cache + traffic.activations) / (gpu.bandwidth * 1e9),
  };
  const bound = BOUNDS.reduce((worst, name) => (times[name] > times[worst] ? name : worst));
  return { seconds: times[bound], bound, times, traffic };
}

/** @throws if the loops of the assembly are not those of the shape */
export function kernelCycles(gpu: Gpu, shape: KernelShape, code: Code, kernel: string): Cycles {
  const matched = match(shape.loops, code.loops);
  assert(matched !== null, `${kernel}: the compiled loops are not those that cli/predict describes`);
  const outside = combine(code.always, code.guarded, 1);
  const waits = total(outside.loads) > 0 ? 2 * gpu.latency.dram : 0;
  const fixed =
    FIXED +
    waits +
    outside.vector * (gpu.subgroup / gpu.scheduler) +
    outside.barriers * BARRIER +
    IN_TURN * gpu.latency.l1 * total(outside.shared);
  const start: Cycles = {
    vector: outside.vector,
    cache: accessCycles(outside.loads, shape.loads ?? [], undefined, loadCost(gpu)),
    shared: accessCycles(outside.shared, shape.shared ?? [], undefined, sharedCost(gpu)),
    latency: fixed,
    longest: fixed,
  };
  return matched.reduce((sum, loop) => plus(sum, loopCycles(gpu, loop, outside.barriers > 0)), start);
}

/** A loop of the assembly with its shape. Null: a loop that the source does not have, such as filling with zeros. */
interface Matched {
  readonly code: Code;
  readonly shape: LoopShape | null;
  readonly trips: number;
  readonly most: number;
  readonly inner: readonly Matched[];
}

const readsMemory = (code: Code): boolean =>
  [code.always, code.guarded].some(({ loads, scalarLoads }) => total(loads) + scalarLoads > 0) ||
  code.loops.some(readsMemory);

/** Finds the described loops among those of the assembly, in order. Compilers unroll some, and add others. */
function match(shapes: readonly LoopShape[], loops: readonly Code[]): readonly Matched[] | null {
  const [shape, ...others] = shapes;
  const [code, ...rest] = loops;
  if (shape === undefined && code === undefined) return [];
  if (shape !== undefined && code !== undefined && (shape.reads !== false || !readsMemory(code))) {
    const inner = match(shape.inner ?? [], code.loops);
    const after = inner === null ? null : match(others, rest);
    if (inner !== null && after !== null)
      return [{ code, shape, trips: shape.trips, most: shape.most ?? shape.trips, inner }, ...after];
  }
  if (shape?.unrolls) {
    const copies = Array.from({ length: Math.ceil(shape.trips) }, () => shape.inner ?? []).flat();
    const unrolled = match([...copies, ...others], loops);
    if (unrolled !== null) return unrolled;
  }
  if (code !== undefined && !readsMemory(code) && code.loops.length === 0) {
    const after = match(shapes, rest);
    if (after !== null) return [{ code, shape: null, trips: 1, most: 1, inner: [] }, ...after];
  }
  return null;
}

function loopCycles(gpu: Gpu, { code, shape, trips, most, inner }: Matched, synchronised: boolean): Cycles {
  const { guarded = 1, wait = gpu.latency.l2, loads = [], lines, shared = [] } = shape ?? {};
  const executed = combine(code.always, code.guarded, guarded);
  // Other subgroups wait at a barrier for those that execute the code behind a branch.
  const waits = synchronised || code.always.barriers > 0 ? combine(code.always, code.guarded, 1) : executed;
  const reading = total(waits.loads) + waits.scalarLoads > 0;
  const accesses = total(waits.shared);
  const latency =
    (reading ? wait : 0) +
    waits.vector * (gpu.subgroup / gpu.scheduler) +
    CHAIN * gpu.dependent +
    waits.barriers * BARRIER +
    (accesses > 0 ? Math.max(1, accesses / TOGETHER) * gpu.latency.l1 : 0);
  const scalars = total(executed.loads) === 0 ? executed.scalarLoads : 0;
  const own: Cycles = {
    vector: executed.vector,
    cache: accessCycles(executed.loads, loads, lines, loadCost(gpu)) + scalars,
    shared: accessCycles(executed.shared, shared, undefined, sharedCost(gpu)),
    latency,
    longest: latency,
  };
  const once = inner.reduce((sum, loop) => plus(sum, loopCycles(gpu, loop, synchronised)), own);
  return {
    vector: trips * once.vector,
    cache: trips * once.cache,
    shared: trips * once.shared,
    latency: trips * once.latency,
    longest: most * once.longest,
  };
}

/**
 * Cycles of the accesses of a subgroup. The given ones are matched with the widest.
 * @param cost cycles of an access of so many bytes of a thread
 */
function accessCycles(
  counts: Instructions['loads'],
  given: readonly Access[],
  others: number | undefined,
  cost: (bytes: number, different: number | undefined) => number,
): number {
  const rest = given.map(({ count, different }) => ({ count, different }));
  let cycles = 0;
  for (const [bytes, number] of [...counts].sort(([a], [b]) => b - a)) {
    let left = number;
    for (const access of rest) {
      const taken = Math.min(left, access.count);
      access.count -= taken;
      left -= taken;
      cycles += taken * cost(bytes, access.different);
    }
    cycles += left * cost(bytes, others);
  }
  return cycles;
}

/** A line takes a cycle. By default, threads read side by side. */
const loadCost =
  ({ subgroup, line, cache }: Gpu) =>
  (bytes: number, lines = Math.ceil((subgroup * bytes) / line)): number =>
    Math.max(lines, (subgroup * bytes) / cache);

/** Threads that read the same address are served at once. By default, no two do. */
const sharedCost =
  ({ subgroup, shared }: Gpu) =>
  (bytes: number, different = subgroup): number =>
    Math.max(1, (different * bytes) / shared);

function plus(a: Cycles, b: Cycles): Cycles {
  return {
    vector: a.vector + b.vector,
    cache: a.cache + b.cache,
    shared: a.shared + b.shared,
    latency: a.latency + b.latency,
    longest: a.longest + b.longest,
  };
}
