/** The dispatches of a replay with all numbers: grids, uniforms, bytes of bindings, and operations. */
import { boundBytes, countDispatch, type Replay, sizeOf } from '../../src/engine/cost-model';
import { workgroups } from '../../src/engine/grid';
import type { KernelVariant } from '../../src/engine/kernel';
import type { Dispatch, UniformValue } from '../../src/engine/planner';
import { Dim, Scalar } from '../../src/engine/tensor';
import { workgroupSize } from '../../src/engine/testing/workgroup-size';
import { WEIGHT_FORMATS, type WeightStorage } from '../../src/engine/weight';
import { assert } from '../../src/lib/assert';

/** The contents of `ranges`: for each row the key rows [prefix, prefixEnd) and [own, ownEnd) that it sees. */
export type Ranges = readonly (readonly [prefix: number, prefixEnd: number, own: number, ownEnd: number])[];

export interface ResolvedDispatch {
  readonly variant: KernelVariant;
  /** For example "linear.forward_split". */
  readonly kernel: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Type of the weights that it reads. */
  readonly weights: WeightStorage | null;
  /** Threads of a workgroup. */
  readonly threads: number;
  readonly grid: readonly number[];
  readonly uniforms: Readonly<Record<string, number>>;
  readonly bindings: Readonly<Record<string, { readonly label: string; readonly bytes: number }>>;
  readonly flops: number;
  /** Of the rows of attention. */
  readonly ranges: Ranges;
}

const isStorage = (name: string): name is WeightStorage => name in WEIGHT_FORMATS;

export function resolveDispatch(dispatch: Dispatch, replay: Replay, ranges: Ranges): ResolvedDispatch {
  const { variant, bindings, grid } = dispatch;
  const { values } = replay;
  const numbers = Object.entries(variant.constants).map(([name, value]) => [name, Number(value)] as const);
  const weights =
    Object.keys(WEIGHT_FORMATS).find(
      (name) => isStorage(name) && variant.libs.includes(WEIGHT_FORMATS[name].libs[0]),
    ) ?? null;
  return {
    variant,
    kernel: `${variant.source.name}.${variant.entry}`,
    constants: Object.fromEntries(numbers),
    weights: weights !== null && isStorage(weights) ? weights : null,
    threads: workgroupSize(variant),
    grid: grid.map((axis) => workgroups(axis, sizeOf(axis.extent, values))),
    uniforms: Object.fromEntries(
      Object.entries(dispatch.uniforms).map(([name, value]) => [name, uniform(value, replay)]),
    ),
    bindings: Object.fromEntries(
      [...bindings].map(([name, bound]) => {
        const bytes = replay.slotBytes?.(bound.tensor.label) ?? boundBytes(bound, values);
        return [name, { label: bound.tensor.label, bytes }];
      }),
    ),
    flops: countDispatch(dispatch, replay).flops,
    ranges,
  };
}

function uniform(value: UniformValue, { values }: Replay): number {
  if (typeof value === 'number') return value;
  if (value instanceof Dim) return sizeOf(value, values);
  assert(value instanceof Scalar, 'a uniform must be a number, a dim or a scalar');
  const scalar = values[value.name];
  assert(scalar !== undefined, `no value for ${value.name}`);
  return scalar;
}

/** A constant or a uniform of the kernel. */
export function numberOf({ constants, uniforms, kernel }: ResolvedDispatch, name: string): number {
  const value = constants[name] ?? uniforms[name];
  assert(value !== undefined, `${kernel} has neither a constant nor a uniform ${name}`);
  return value;
}

/** Number of key rows that some row sees. */
export function keyRows(ranges: Ranges): number {
  const seen = new Set<number>();
  for (const [prefix, prefixEnd, own, ownEnd] of ranges) {
    for (let j = prefix; j < prefixEnd; j++) seen.add(j);
    for (let j = own; j < ownEnd; j++) seen.add(j);
  }
  return seen.size;
}
