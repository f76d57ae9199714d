/** The arithmetic of the model, with a GPU and a kernel whose times can be computed by hand. */
import { describe, expect, it } from 'vitest';
import type { Code, Instructions } from './assembly';
import type { ResolvedDispatch } from './dispatches';
import type { Gpu } from './gpus';
import { estimate } from './model';
import type { KernelShape } from './shape';

/** 2 cores of 4 schedulers with 8 lanes; a subgroup of 16 threads takes two cycles for an instruction. */
const gpu: Gpu = {
  name: 'by hand',
  clock: 1,
  cores: 2,
  lanes: 32,
  scheduler: 8,
  subgroup: 16,
  line: 128,
  cache: 64,
  shared: 64,
  bandwidth: 10,
  latency: { l1: 30, l2: 100, dram: 400 },
  dependent: 4,
  dispatch: 5e-6,
  resident: () => 8,
  workgroupMemory: 1 << 14,
};

const instructions = (given: Partial<Instructions>): Instructions => ({
  ...{ vector: 0, loads: new Map(), scalarLoads: 0, shared: new Map(), barriers: 0 },
  ...given,
});
const body = (always: Partial<Instructions>, loops: readonly Code[] = []): Code => ({
  always: instructions(always),
  guarded: instructions({}),
  loops,
});

/** A product of 8 rows: workgroups of 32 threads walk 1,024 inputs. */
const dispatch = (grid: readonly number[]): ResolvedDispatch => ({
  variant: { source: { name: 'rmsnorm', code: '' }, entry: 'forward', libs: [], constants: {} },
  kernel: 'rmsnorm.forward',
  constants: {},
  weights: null,
  threads: 32,
  grid,
  uniforms: {},
  bindings: {
    inp: { label: 'x', bytes: 3000 },
    out: { label: 'y', bytes: 1000 },
    residual: { label: 'none', bytes: 16 },
  },
  flops: 0,
  ranges: [],
});

const loop = body({ vector: 50, loads: new Map([[16, 3]]), shared: new Map([[16, 2]]) });
const kernel = (...loops: Code[]) => ({ code: body({ vector: 10 }, loops), registers: 32, shared: 0 });

const nanoseconds = (shape: KernelShape, grid = [10]) => {
  const { times, ...rest } = estimate(gpu, dispatch(grid), shape, kernel(loop));
  return { ...rest, times: Object.fromEntries(Object.entries(times).map(([name, time]) => [name, 1e9 * time])) };
};

describe('a dispatch of 10 workgroups of 2 subgroups, 5 workgroups on each core', () => {
  const shape = { loops: [{ trips: 100, wait: 200, loads: [{ count: 2, different: 16 }] }] };
  const { times, bound, seconds } = nanoseconds(shape);

  it('arithmetic: 10 subgroups of 10 + 100 · 50 instructions of 2 cycles, on 4 schedulers', () => {
    expect(times.arithmetic).toBeCloseTo((10 * (10 + 100 * 50) * 2) / 4);
  });

  it('cache: two loads of 16 lines, and one of 256 bytes at 64 a cycle, side by side', () => {
    expect(times.cache).toBeCloseTo(10 * 100 * (2 * 16 + 4));
  });

  it('workgroup memory: 256 bytes at 64 a cycle', () => {
    expect(times.shared).toBeCloseTo(10 * 100 * 2 * 4);
  });

  it('latency: 8 of 10 subgroups fit, so two follow one another', () => {
    const iteration = 200 + 50 * 2 + 5 * 4 + 30;
    expect(times.latency).toBeCloseTo(2 * (100 * iteration + 600 + 10 * 2));
  });

  it('memory: every binding once, without the unused one', () => {
    expect(times.memory).toBeCloseTo(4000 / 10);
  });

  it('takes the longest of these times', () => {
    expect(bound).toBe('latency');
    expect(1e9 * seconds).toBeCloseTo(times.latency ?? 0);
  });
});

it('a dispatch of one workgroup uses one core, and one scheduler for each subgroup', () => {
  const { times } = nanoseconds({ loops: [{ trips: 100 }] }, [1]);
  expect(times.arithmetic).toBeCloseTo((2 * (10 + 100 * 50) * 2) / 2);
});

it('the workgroup with the most iterations bounds the latency', () => {
  const { times } = nanoseconds({ loops: [{ trips: 1, most: 1000, wait: 0 }] }, [1]);
  expect(times.latency).toBeCloseTo(1000 * (50 * 2 + 5 * 4 + 30) + 600 + 10 * 2);
});

it('finds loops inside of loops that the compiler has unrolled, and passes over those that only fill memory', () => {
  const zeros = body({ vector: 4, shared: new Map([[16, 1]]) });
  const shape = { loops: [{ trips: 2, unrolls: true, inner: [{ trips: 30 }] }] };
  const { times } = estimate(gpu, dispatch([1]), shape, kernel(zeros, loop, loop));
  expect(1e9 * times.arithmetic).toBeCloseTo(2 * (10 + 4 + 2 * 30 * 50));
  expect(() => estimate(gpu, dispatch([1]), { loops: [] }, kernel(loop))).toThrow(/compiled loops/);
});
