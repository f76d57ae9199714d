import halfNumbers from '../../../shaders/lib/real_f16.wgsl?raw';
import singleNumbers from '../../../shaders/lib/real_f32.wgsl?raw';
import code from '../../../shaders/probe.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner, UniformValue } from '../planner';
import { capacity, type Tensor } from '../tensor';

const source = { name: 'probe', code };

/**
 * Independent chains of each thread, of four numbers each. More would hide more latency, but spill the registers of
 * software adapters.
 */
const CHAINS = 2;

/** Floating-point operations of a thread of `multiplyAdd` in each round. */
export const FLOPS_PER_ROUND = 8 * CHAINS;

/** Copies inp [N, 4] to out. */
export function copy(p: Planner, { inp, out }: Probe): void {
  emit(p, 'copy', { inp, out }, { rounds: 0, factor: 0, term: 0 });
}

/**
 * Writes Σ_j x_j to out [N, 4], where x_j begins as inp [N, 4] + j and becomes x_j · factor + term in each round.
 * `f16` computes in half precision, which needs the feature `shader-f16`.
 */
export function multiplyAdd(
  p: Planner,
  {
    numbers,
    rounds,
    factor,
    term,
    ...tensors
  }: Probe & {
    readonly numbers: 'f32' | 'f16';
    /** A multiple of four. */
    readonly rounds: UniformValue;
    readonly factor: number;
    readonly term: number;
  },
): void {
  emit(p, 'multiply_add', tensors, { rounds, factor, term }, numbers);
}

interface Probe {
  readonly inp: Tensor;
  readonly out: Tensor;
}

const THREADS = { copy: 256, multiply_add: 64 } as const;

function emit(
  p: Planner,
  entry: keyof typeof THREADS,
  { inp, out }: Probe,
  uniforms: Readonly<Record<'rounds' | 'factor' | 'term', UniformValue>>,
  numbers: 'f32' | 'f16' = 'f32',
): void {
  const [size = 0, width] = out.shape;
  assert(width === 4 && inp.shape[1] === 4, 'probe: vectors have four numbers');
  assert(
    capacity(inp.shape[0] ?? 0) === capacity(size),
    `probe: ${inp.label} and ${out.label} have different lengths`,
  );
  const half = numbers === 'f16';
  assert(!half || p.tuning.features.includes('shader-f16'), 'probe: f16 needs the feature shader-f16');
  p.emit({
    variant: {
      source,
      entry,
      enables: half ? ['f16'] : [],
      libs: [half ? halfNumbers : singleNumbers],
      constants: { CHAINS },
    },
    bindings: { inp, out },
    uniforms: { size, ...uniforms },
    grid: [{ extent: size, per: THREADS[entry] }],
  });
}
