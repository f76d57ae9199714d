/** Test support: attention of branches that share prefixes, compared with the twin. */
import { expect } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import type { KeyValueType } from '../key-values';
import { attention } from '../ops/attention';
import { Dim } from '../tensor';
import { beside, columns, expectClose, halves, normals, type Run, storedAs, type TestLab } from './test-lab';
import { TOLERANCES } from './tolerances';

/** A run of rows that depends on an earlier run, or on none. */
export interface Branch {
  readonly length: number;
  readonly prefix?: number;
}

/** ranges [N, 4] and visibleTo [N, 4] of a batch. */
export function visibility(branches: readonly Branch[]): { ranges: Uint32Array; visibleTo: Uint32Array; N: number } {
  const starts = branches.map((_, b) => branches.slice(0, b).reduce((sum, { length }) => sum + length, 0));
  const run = (b: number) => ({ start: starts[b] ?? 0, end: (starts[b] ?? 0) + (branches[b]?.length ?? 0) });
  const ranges: number[] = [];
  const visibleTo: number[] = [];
  branches.forEach(({ length, prefix }, b) => {
    const own = run(b);
    const before = prefix === undefined ? { start: 0, end: 0 } : run(prefix);
    const dependent = branches.flatMap((other, i) => (other.prefix === b ? [run(i)] : []));
    for (let row = own.start; row < own.start + length; row++) {
      ranges.push(before.start, before.end, own.start, row + 1);
      visibleTo.push(row, own.end, dependent[0]?.start ?? 0, dependent.at(-1)?.end ?? 0);
    }
  });
  return { ranges: Uint32Array.from(ranges), visibleTo: Uint32Array.from(visibleTo), N: ranges.length / 4 };
}

export interface AttentionCase {
  readonly branches: readonly Branch[];
  readonly window: number | null;
  /** Query heads, key heads and head size. */
  readonly H: number;
  readonly KV: number;
  readonly D: number;
  readonly scale: number;
}

interface TwinInputs {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly ranges: Uint32Array;
  readonly window: number;
  readonly scale: number;
  readonly H: number;
  readonly KV: number;
  readonly D: number;
}

/** The results of src/reference/attention.ts, which only tests may import. */
export type AttentionTwin = (
  inputs: TwinInputs,
  dout: Float64Array,
) => Readonly<Record<'out' | 'dq' | 'dk' | 'dv', Float64Array>>;

/** Runs both passes and compares them with the twin. Returns the outputs. */
export async function expectAttention(
  lab: TestLab,
  twin: AttentionTwin,
  { branches, window, H, KV, D, scale }: AttentionCase,
  run: Pick<Run, 'variant' | 'mostFlops'>,
): Promise<{ out: Float64Array; dq: Float64Array; dkv: Float64Array }> {
  const { ranges, visibleTo, N } = visibility(branches);
  const rng = new Rng(N, D);
  const [Q, K] = [H * D, KV * D];
  const [q, kv, dout] = [normals(rng, N * Q), normals(rng, N * 2 * K), normals(rng, N * Q)];
  const outputs = await lab.run(
    (p) => {
      const inputs = { q: p.slot('q', [N, Q], 'f32', true), kv: p.slot('kv', [N, 2 * K], 'f32', true) };
      const rowRanges = { ranges: p.slot('ranges', [N, 4], 'u32'), visibleTo: p.slot('visibleTo', [N, 4], 'u32') };
      const out = attention(p, {
        ...inputs,
        ...rowRanges,
        window,
        heads: { heads: H, kvHeads: KV, headSize: D },
        scale,
      });
      p.setGrad(out, p.slot('dout', [N, Q]));
      p.backward();
      return { out, dq: p.grad(inputs.q), dkv: p.grad(inputs.kv) };
    },
    { slots: { q, kv, ranges, visibleTo, dout }, ...run },
  );
  const [k, v] = [columns(kv, N, 0, K), columns(kv, N, K, 2 * K)];
  const { out, dq, dk, dv } = twin({ q, k, v, ranges, window: window ?? Infinity, scale, H, KV, D }, dout);
  const tolerance = scale > 1 ? TOLERANCES.largeLogits : TOLERANCES.softmax;
  expectClose(outputs.floats('out'), out, tolerance);
  // Where each row sees one key, dq is the difference of two equal sums: 0, up to the rounding of terms like dv's.
  const exact = dq.every((value) => value === 0);
  const rest = exact ? dv : new Float64Array();
  expectClose(beside(1, outputs.floats('dq'), rest), beside(1, dq, rest), tolerance);
  expectClose(outputs.floats('dkv'), beside(N, dk, dv), tolerance);
  return { out: outputs.floats('out'), dq: outputs.floats('dq'), dkv: outputs.floats('dkv') };
}

/**
 * Attention of lanes to a cache, compared with the twin: idle lanes give zero, and lanes beyond the count are not
 * written.
 */
export async function expectCacheAttention(
  lab: TestLab,
  twin: AttentionTwin,
  { window, H, KV, D, scale, type }: Omit<AttentionCase, 'branches'> & { readonly type: KeyValueType },
  run: Pick<Run, 'variant'>,
): Promise<void> {
  const [capacity, N, R] = [8, 6, 40];
  const rng = new Rng(5);
  // prefix, prefixEnd, own, ownEnd
  const ranges = Uint32Array.from(
    [
      [3, 14, 20, 21],
      [3, 14, 24, 28],
      [0, 0, 0, 0],
      [3, 14, 28, 28],
      [0, 0, 39, 40],
      [0, 40, 0, 0],
      [0, 40, 0, 0],
      [0, 0, 0, 0],
    ].flat(),
  );
  const [q, kv] = [normals(rng, capacity * H * D), halves(normals(rng, R * 2 * KV * D))];
  const outputs = await lab.run(
    (p) => {
      const inputs = { q: p.slot('q', [new Dim('lanes', capacity), H * D]), kv: p.slot('kv', [R, 2 * KV * D], type) };
      const heads = { heads: H, kvHeads: KV, headSize: D };
      const view = { ranges: p.slot('ranges', [capacity, 4], 'u32'), visibleTo: null, window };
      return { out: attention(p, { ...inputs, ...view, heads, scale }) };
    },
    { slots: { q, kv: storedAs(type, kv), ranges }, replays: [{ lanes: N }], ...run },
  );
  const [k, v] = [columns(kv, R, 0, KV * D), columns(kv, R, KV * D, 2 * KV * D)];
  const used = { q: q.subarray(0, N * H * D), ranges: ranges.subarray(0, N * 4) };
  const { out } = twin({ ...used, window: window ?? Infinity, k, v, scale, H, KV, D }, new Float64Array(N * H * D));
  const got = outputs.floats('out');
  expectClose(got.subarray(0, N * H * D), out, TOLERANCES.softmax);
  expect(got.subarray(N * H * D).every(Number.isNaN)).toBe(true);
}
