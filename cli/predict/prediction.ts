/** The predicted time of a task on a GPU, and where it goes. */
import { assert } from '../../src/lib/assert';
import type { ResolvedDispatch } from './dispatches';
import { type Gpu, peak } from './gpus';
import type { Kernels } from './kernels';
import type { Bound } from './model';

export const PARTS = [
  'linear',
  'head',
  'lora',
  'attention',
  'elementwise',
  'sampling',
  'adamw',
  'dispatches',
] as const;
export type Part = (typeof PARTS)[number];

export interface Prediction {
  /** Seconds that no implementation beats: weights and cache read by each dispatch, or all operations at peak. */
  readonly ideal: number;
  readonly seconds: number;
  readonly dispatches: number;
  /** Seconds of each part, and what bounds most of them. */
  readonly parts: Readonly<Record<Part, { readonly seconds: number; readonly bound: Bound | null }>>;
}

export function predict(gpu: Gpu, kernels: Kernels, dispatches: readonly ResolvedDispatch[]): Prediction {
  const times = new Map<Part, Map<Bound, number>>();
  let [bytes, flops] = [0, 0];
  for (const dispatch of dispatches) {
    const { seconds, bound, traffic } = kernels.estimate(gpu, dispatch);
    const part = partOf(dispatch);
    const bounds = times.get(part) ?? new Map<Bound, number>();
    times.set(part, bounds);
    bounds.set(bound, (bounds.get(bound) ?? 0) + seconds);
    bytes += traffic.weights + traffic.cache;
    flops += dispatch.flops;
  }
  const parts = mapParts((part) => {
    if (part === 'dispatches') return { seconds: dispatches.length * gpu.dispatch, bound: null };
    const bounds = [...(times.get(part) ?? [])];
    const [worst] = bounds.toSorted(([, a], [, b]) => b - a);
    return { seconds: bounds.reduce((sum, [, seconds]) => sum + seconds, 0), bound: worst?.[0] ?? null };
  });
  const ideal = Math.max(bytes / (gpu.bandwidth * 1e9), flops / peak(gpu));
  const seconds = Object.values(parts).reduce((sum, { seconds }) => sum + seconds, 0);
  // For example a loop that is compiled as a loop, but described as unrolled, would count once.
  assert(seconds >= ideal, `${seconds} s are predicted on ${gpu.name}, less than the ideal of ${ideal} s`);
  return { ideal, seconds, dispatches: dispatches.length, parts };
}

function mapParts<T>(make: (part: Part) => T): Record<Part, T> {
  return {
    linear: make('linear'),
    head: make('head'),
    lora: make('lora'),
    attention: make('attention'),
    elementwise: make('elementwise'),
    sampling: make('sampling'),
    adamw: make('adamw'),
    dispatches: make('dispatches'),
  };
}

const OPERATIONS: Readonly<Record<string, Part>> = {
  lora: 'lora',
  attention: 'attention',
  'attention-keys': 'attention',
  'attention-tiled': 'attention',
  sample: 'sampling',
  logprob: 'sampling',
  'preference-loss': 'sampling',
  adamw: 'adamw',
  rmsnorm: 'elementwise',
  rope: 'elementwise',
  glu: 'elementwise',
  embedding: 'elementwise',
};

/** The head is the product whose weight belongs to no block. */
export function partOf({ variant, bindings }: Pick<ResolvedDispatch, 'variant' | 'bindings'>): Part {
  const { name } = variant.source;
  if (name === 'linear') return bindings.weight?.label.startsWith('block ') ? 'linear' : 'head';
  const part = OPERATIONS[name];
  assert(part !== undefined, `no part of a prediction has the kernels of ${name}.wgsl`);
  return part;
}
