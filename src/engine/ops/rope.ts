import code from '../../../shaders/rope.wgsl?raw';
import { assert } from '../../lib/assert';
import { keyValueAccess } from '../key-values';
import type { Planner } from '../planner';
import { reduction } from '../reduction';
import { checkFour, checkRowInput, checkShape, checkSize, describeTensor, matrixShape } from '../shapes';
import type { BoundTensor, Tensor } from '../tensor';

const source = { name: 'rope', code };

export interface Heads {
  /** H query heads, KV key heads, and D values in each head. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/** Checks that query heads share key heads evenly, and that kernels can read a head. */
export function checkHeads(op: string, { heads, kvHeads, headSize }: Heads): void {
  checkFour(op, 'the head size', headSize);
  assert(
    heads > 0 && kvHeads > 0 && heads % kvHeads === 0,
    `${op}: ${heads} query heads cannot share ${kvHeads} key heads evenly`,
  );
}

export interface Rope {
  /** [N, (H + 2·KV)·D] */
  readonly qkv: Tensor;
  readonly positions: Tensor;
  readonly kvRows: Tensor;
  /**
   * One row of `stride` pairs (cos, sin) for each position. The pairs of this rotation begin at `start`. Both numbers
   * are even.
   */
  readonly table: { readonly tensor: Tensor; readonly stride: number; readonly start: number };
  readonly heads: Heads;
  /** RMS norms of each head of q and k before the rotation: weight [2, D], and the true head size (see `RmsNorm`). */
  readonly norm?: {
    readonly weight: BoundTensor;
    readonly eps: number;
    readonly offset: number;
    readonly size: number;
  } | null;
  readonly kv?: Tensor | undefined;
}

/**
 * Returns q [N, H·D], rotated. Rotated keys and unchanged values go to row kvRows[n] of kv [R, 2·KV·D], f32 or f16. It
 * is created in f32 with N rows if none is given.
 */
export function rope(p: Planner, { qkv, positions, kvRows, table, norm, ...o }: Rope): { q: Tensor; kv: Tensor } {
  const { heads, kvHeads, headSize } = o.heads;
  checkHeads('rope', o.heads);
  const { rows } = matrixShape('rope', qkv);
  checkShape('rope', qkv, [rows, (heads + 2 * kvHeads) * headSize]);
  checkRowInput('rope', positions, rows);
  checkRowInput('rope', kvRows, rows);
  const q = p.activation('q', [rows, heads * headSize], qkv.requiresGrad);
  const kv = o.kv ?? p.activation('kv', [rows, 2 * kvHeads * headSize], qkv.requiresGrad);
  const { dtype, libs: kvLibs } = keyValueAccess('rope', kv);
  checkShape('rope', kv, [matrixShape('rope', kv, dtype).rows, 2 * kvHeads * headSize], dtype);
  const pairs = headSize / 2;
  assert(
    table.start + pairs <= table.stride,
    `rope: pairs ${table.start} … ${table.start + pairs} exceed ${table.stride} of ${describeTensor(table.tensor)}`,
  );
  assert(
    table.start % 2 === 0 && table.stride % 2 === 0,
    `rope: pairs ${table.start} of ${table.stride} are not even`,
  );
  if (norm) {
    checkSize('rope', norm.weight, 2 * headSize);
    assert(norm.size <= headSize, `rope: the true head size ${norm.size} is more than ${headSize}`);
  }
  const all = heads + 2 * kvHeads;
  const { libs: reduceLibs, constants } = reduction(p.tuning);
  const variant = (pass: 'forward' | 'backward') => ({
    source,
    entry: norm ? `${pass}_normed` : pass,
    libs: [...kvLibs, ...reduceLibs],
    constants,
  });
  const row = { extent: rows, per: 1 };
  const common = {
    uniforms: {
      ...{ rows, heads, kvHeads, pairs, tableStride: table.stride, tableStart: table.start },
      ...{ size: norm?.size ?? 0, eps: norm?.eps ?? 0, offset: norm?.offset ?? 0 },
    },
    grid: [norm ? { extent: all, per: constants.ROWS } : { extent: all * (pairs / 2), per: 64 }, row],
  };
  const weight = norm ? { weight: norm.weight } : {};
  p.emit({
    variant: variant('forward'),
    bindings: { qkv, q, kv, positions, kvRows, table: table.tensor, ...weight },
    ...common,
  });
  // Recorded for q only: attention gives the gradients of q and kv together.
  p.record(q, () => {
    const [dq, dkv] = [p.grad(q), p.grad(kv)];
    checkShape('rope backward', dq, q.shape);
    checkShape('rope backward', dkv, kv.shape);
    const { grad: dqkv } = p.contribute(qkv);
    const inp = norm ? { inp: qkv } : {};
    p.emit({
      variant: variant('backward'),
      bindings: { qkv: dqkv, q: dq, kv: dkv, positions, table: table.tensor, ...weight, ...inp },
      ...common,
    });
  });
  return { q, kv };
}
