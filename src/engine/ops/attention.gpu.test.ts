import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { attentionBackward, attentionForward } from '../../reference/attention';
import { Dim } from '../tensor';
import { beside, columns, expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { attention } from './attention';

const lab = testLab();

/** A run of rows that depends on an earlier run, or on none. */
interface Branch {
  readonly length: number;
  readonly prefix?: number;
}

/** ranges [N, 4] and visibleTo [N, 4] of a batch. */
function visibility(branches: readonly Branch[]): { ranges: Uint32Array; visibleTo: Uint32Array; N: number } {
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

const PAIR: readonly Branch[] = [{ length: 5 }, { length: 4, prefix: 0 }, { length: 3, prefix: 0 }];
const TWO_PAIRS: readonly Branch[] = [...PAIR, { length: 3 }, { length: 6, prefix: 3 }, { length: 2, prefix: 3 }];

describe.each([
  { name: 'a single row', branches: [{ length: 1 }], window: null, H: 1, KV: 1, D: 8, scale: 0.4 },
  { name: 'one branch', branches: [{ length: 16 }], window: null, H: 4, KV: 4, D: 8, scale: 0.4 },
  { name: 'a pair on one prompt', branches: PAIR, window: null, H: 4, KV: 2, D: 8, scale: 0.4 },
  { name: 'two pairs', branches: TWO_PAIRS, window: null, H: 6, KV: 2, D: 8, scale: 0.4 },
  { name: 'two pairs in a window of 4', branches: TWO_PAIRS, window: 4, H: 6, KV: 1, D: 8, scale: 0.4 },
  { name: 'two pairs in a window of 1', branches: TWO_PAIRS, window: 1, H: 2, KV: 1, D: 8, scale: 0.4 },
  { name: 'a window longer than all', branches: TWO_PAIRS, window: 12, H: 2, KV: 1, D: 8, scale: 0.4 },
  { name: 'scores of some tens', branches: TWO_PAIRS, window: null, H: 4, KV: 2, D: 8, scale: 10 },
  // Too wide to be unrolled.
  { name: 'wide heads', branches: TWO_PAIRS, window: null, H: 3, KV: 1, D: 72, scale: 0.1 },
])('attention: $name, H=$H KV=$KV D=$D', ({ branches, window, H, KV, D, scale }) => {
  it('forward and backward', async () => {
    const { ranges, visibleTo, N } = visibility(branches);
    const rng = new Rng(N, D);
    const [Q, K] = [H * D, KV * D];
    const [q, kv, dout] = [normals(rng, N * Q), normals(rng, N * 2 * K), normals(rng, N * Q)];
    const outputs = await lab().run(
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
      { slots: { q, kv, ranges, visibleTo, dout }, variant: 'heads' },
    );
    const twin = {
      q,
      k: columns(kv, N, 0, K),
      v: columns(kv, N, K, 2 * K),
      ranges,
      window: window ?? Infinity,
      scale,
      H,
      KV,
      D,
    };
    const result = attentionForward(twin);
    const { dq, dk, dv } = attentionBackward({ ...twin, ...result, dout });
    const tolerance = scale > 1 ? TOLERANCES.largeLogits : TOLERANCES.softmax;
    expectClose(outputs.floats('out'), result.out, tolerance);
    expectClose(outputs.floats('dq'), dq, tolerance);
    expectClose(outputs.floats('dkv'), beside(N, dk, dv), tolerance);
  });
});

it.each([null, 6])(
  'lanes on one stored prefix read the cache; idle lanes give zero, lanes beyond the count are not written; window %s',
  async (window) => {
    const [capacity, N, R, H, KV, D] = [8, 6, 40, 4, 2, 8];
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
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ].flat(),
    );
    const [q, kv] = [normals(rng, capacity * H * D), normals(rng, R * 2 * KV * D)];
    const outputs = await lab().run(
      (p) => {
        const inputs = { q: p.slot('q', [new Dim('lanes', capacity), H * D]), kv: p.slot('kv', [R, 2 * KV * D]) };
        const heads = { heads: H, kvHeads: KV, headSize: D };
        const view = { ranges: p.slot('ranges', [capacity, 4], 'u32'), visibleTo: null, window };
        return { out: attention(p, { ...inputs, ...view, heads, scale: 0.4 }) };
      },
      { slots: { q, kv, ranges }, replays: [{ lanes: N }], variant: 'heads' },
    );
    const [k, v] = [columns(kv, R, 0, KV * D), columns(kv, R, KV * D, 2 * KV * D)];
    const used = { q: q.subarray(0, N * H * D), ranges: ranges.subarray(0, N * 4) };
    const { out } = attentionForward({ ...used, window: window ?? Infinity, k, v, scale: 0.4, H, KV, D });
    expectClose(outputs.floats('out').subarray(0, N * H * D), out, TOLERANCES.softmax);
    expect(
      outputs
        .floats('out')
        .subarray(N * H * D)
        .every(Number.isNaN),
    ).toBe(true);
  },
);
