import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { attentionBackward, attentionForward } from '../../reference/attention';
import type { KeyValueType } from '../key-values';
import { Dim } from '../tensor';
import { KERNEL_KIND } from '../testing/kernel-kind';
import { beside, columns, expectClose, halves, normals, storedAs, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { attention } from './attention';

const lab = testLab();

/** Key rows. */
const R = 700;
/** prefix, prefixEnd, own, ownEnd of each lane. Equal prefixes are beside each other, except for the last lane's. */
const LANES: readonly (readonly [number, number, number, number])[] = [
  [0, 100, 300, 301],
  [0, 100, 310, 341],
  [0, 100, 350, 382],
  // Idle.
  [0, 0, 0, 0],
  [100, 164, 390, 423],
  [100, 164, 430, 430],
  // Ten lanes on one prefix, more than share a workgroup.
  ...[1, 2, 63, 64, 65, 5, 7, 66, 3, 4].map((own): [number, number, number, number] => [164, 293, 440, 440 + own]),
  // Without a prefix, and without a branch.
  [0, 0, 510, 640],
  [20, 283, 0, 0],
  [0, 0, 699, 700],
  [0, 100, 640, 699],
];

interface Case {
  readonly H: number;
  readonly KV: number;
  readonly D: number;
  readonly window: number;
  readonly scale: number;
  readonly variant: string;
  readonly type?: KeyValueType;
}

const SMOL = { H: 9, KV: 3, D: 64 };
const SMOL_VARIANTS = ['32 keys, shared', '32 keys', '64 keys, shared'];

const SHAPES = [
  { H: 4, KV: 1, D: 256, variant: '16 keys, shared' },
  { H: 3, KV: 3, D: 8, variant: '64 keys, shared' },
  ...(KERNEL_KIND === 'software'
    ? []
    : [
        { H: 4, KV: 2, D: 128, variant: '32 keys, shared' },
        { H: 8, KV: 1, D: 16, variant: '64 keys, shared' },
        { H: 7, KV: 1, D: 72, variant: '32 keys, shared' },
      ]),
];

const CASES: readonly Case[] = [
  ...SMOL_VARIANTS.flatMap((variant) =>
    [Infinity, 1, 6, 70, 1000].map((window) => ({ ...SMOL, window, scale: 0.125, variant })),
  ),
  { ...SMOL, window: Infinity, scale: 10, variant: '32 keys, shared' },
  ...[Infinity, 70].map((window) => ({
    ...SMOL,
    window,
    scale: 0.125,
    variant: '32 keys, shared',
    type: 'f16' as const,
  })),
  ...SHAPES.flatMap((shape) => [Infinity, 70].map((window) => ({ ...shape, window, scale: 1 / Math.sqrt(shape.D) }))),
];

const ALL = LANES.map((_, lane) => lane);

/** Attention of the lanes to a cache, and what the twin says. The plan has room for all lanes. */
async function attend({ H, KV, D, window, scale, variant, type = 'f32' }: Case, lanes = ALL) {
  const rng = new Rng(H, D);
  const ranges = Uint32Array.from(lanes.flatMap((lane) => LANES[lane] ?? []));
  const [all, kv] = [normals(rng, LANES.length * H * D), halves(normals(rng, R * 2 * KV * D))];
  const q = Float64Array.from(lanes.flatMap((lane) => [...all.subarray(lane * H * D, (lane + 1) * H * D)]));
  const outputs = await lab().run(
    (p) => ({
      out: attention(p, {
        q: p.slot('q', [new Dim('lanes', LANES.length), H * D]),
        kv: p.slot('kv', [R, 2 * KV * D], type),
        ranges: p.slot('ranges', [LANES.length, 4], 'u32'),
        visibleTo: null,
        window: window === Infinity ? null : window,
        heads: { heads: H, kvHeads: KV, headSize: D },
        scale,
        longest: { prefix: 263, own: 130 },
      }),
    }),
    { slots: { q, kv: storedAs(type, kv), ranges }, replays: [{ lanes: lanes.length }], variant },
  );
  const [k, v] = [columns(kv, R, 0, KV * D), columns(kv, R, KV * D, 2 * KV * D)];
  const { out } = attentionForward({ q, k, v, ranges, window, scale, H, KV, D });
  const got = outputs.floats('out');
  return { out, got: got.subarray(0, out.length), beyond: got.subarray(out.length) };
}

describe.each(CASES)('H=$H KV=$KV D=$D window=$window scale=$scale: $variant, $type', (options) => {
  it('equals the twin; idle lanes give zero', async () => {
    const { out, got } = await attend(options);
    expectClose(got, out, options.scale > 1 ? TOLERANCES.largeLogits : TOLERANCES.softmax);
  });
});

const SHARED = { ...SMOL, window: 70, scale: 0.125, variant: '32 keys, shared' };

it('lanes beyond the count are not written, and share nothing', async () => {
  const { out, got, beyond } = await attend(SHARED, ALL.slice(0, 12));
  expectClose(got, out, TOLERANCES.softmax);
  expect(beyond.length).toBeGreaterThan(0);
  expect(beyond.every(Number.isNaN)).toBe(true);
});

it('a lane does not depend on the lanes beside it, to the bit', async () => {
  const size = SMOL.H * SMOL.D;
  const { got } = await attend(SHARED);
  for (const lanes of [[2], [12, 13], [10, 4, 9]]) {
    const alone = await attend(SHARED, lanes);
    const expected = lanes.flatMap((lane) => [...got.subarray(lane * size, (lane + 1) * size)]);
    expect([...alone.got]).toEqual(expected);
  }
});

it('leaves what the backward pass needs', async () => {
  const { H, KV, D, variant } = { H: 3, KV: 3, D: 8, variant: '64 keys, shared' };
  // Two branches of 40 and 30 rows on a prefix of 70.
  const N = 140;
  const branches = [
    { start: 0, end: 70, prefix: [0, 0], dependent: [70, 140] },
    { start: 70, end: 110, prefix: [0, 70], dependent: [0, 0] },
    { start: 110, end: 140, prefix: [0, 70], dependent: [0, 0] },
  ] as const;
  const perRow = (words: (n: number, branch: (typeof branches)[number]) => readonly number[]) =>
    Uint32Array.from(
      branches.flatMap((branch) =>
        Array.from({ length: branch.end - branch.start }, (_, i) => words(branch.start + i, branch)).flat(),
      ),
    );
  const ranges = perRow((n, { prefix, start }) => [...prefix, start, n + 1]);
  const visibleTo = perRow((n, { end, dependent }) => [n, end, ...dependent]);
  const rng = new Rng(7);
  const [q, kv, dout] = [normals(rng, N * H * D), normals(rng, N * 2 * KV * D), normals(rng, N * H * D)];
  const outputs = await lab().run(
    (p) => {
      const inputs = { q: p.slot('q', [N, H * D], 'f32', true), kv: p.slot('kv', [N, 2 * KV * D], 'f32', true) };
      const view = { ranges: p.slot('ranges', [N, 4], 'u32'), visibleTo: p.slot('visibleTo', [N, 4], 'u32') };
      const heads = { heads: H, kvHeads: KV, headSize: D };
      const out = attention(p, { ...inputs, ...view, window: null, heads, scale: 0.4 });
      p.setGrad(out, p.slot('dout', [N, H * D]));
      p.backward();
      return { out, dq: p.grad(inputs.q), dkv: p.grad(inputs.kv) };
    },
    { slots: { q, kv, ranges, visibleTo, dout }, variant },
  );
  const twin = {
    q,
    k: columns(kv, N, 0, KV * D),
    v: columns(kv, N, KV * D, 2 * KV * D),
    ranges,
    scale: 0.4,
    H,
    KV,
    D,
  };
  const result = attentionForward(twin);
  const { dq, dk, dv } = attentionBackward({ ...twin, ...result, dout });
  expectClose(outputs.floats('out'), result.out, TOLERANCES.softmax);
  expectClose(outputs.floats('dq'), dq, TOLERANCES.softmax);
  expectClose(outputs.floats('dkv'), beside(N, dk, dv), TOLERANCES.softmax);
});
