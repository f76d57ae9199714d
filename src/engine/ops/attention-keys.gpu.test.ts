import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { attentionForward } from '../../reference/attention';
import { Dim } from '../tensor';
import { columns, expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { attention } from './attention';

const lab = testLab();

/** Key rows. */
const R = 700;
/** prefix, prefixEnd, own, ownEnd of each lane. Lanes with equal prefixes are beside each other, except for the last. */
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
  readonly window?: number;
  readonly variant: string;
  readonly scale?: number;
}

const SHAPES = [
  { H: 9, KV: 3, D: 64 },
  { H: 4, KV: 1, D: 256 },
  { H: 4, KV: 2, D: 128 },
  { H: 8, KV: 1, D: 16 },
  { H: 7, KV: 1, D: 72 },
  { H: 3, KV: 3, D: 8 },
];
const VARIANTS = ['64 keys, shared', '64 keys', '32 keys, shared', '32 keys'];

const CASES: readonly Case[] = [
  ...SHAPES.flatMap((shape) => VARIANTS.map((variant) => ({ ...shape, variant }))),
  ...[1, 6, 70, 1000].flatMap((window) => VARIANTS.map((variant) => ({ H: 9, KV: 3, D: 64, window, variant }))),
  // Scores of some tens.
  { H: 9, KV: 3, D: 64, scale: 10, variant: '64 keys, shared' },
];

/** Attention of the lanes to a cache, and what the twin says. */
async function attend({ H, KV, D, window, variant, scale = 1 / Math.sqrt(D) }: Case, N = LANES.length) {
  const capacity = LANES.length;
  const rng = new Rng(H, D);
  const ranges = Uint32Array.from(LANES.flat());
  const [q, kv] = [normals(rng, capacity * H * D), normals(rng, R * 2 * KV * D)];
  const outputs = await lab().run(
    (p) => ({
      out: attention(p, {
        q: p.slot('q', [new Dim('lanes', capacity), H * D]),
        kv: p.slot('kv', [R, 2 * KV * D]),
        ranges: p.slot('ranges', [capacity, 4], 'u32'),
        visibleTo: null,
        window: window ?? null,
        heads: { heads: H, kvHeads: KV, headSize: D },
        scale,
        longest: { prefix: 263, own: 130 },
      }),
    }),
    { slots: { q, kv, ranges }, replays: [{ lanes: N }], variant },
  );
  const { out } = attentionForward({
    ...{ q: q.subarray(0, N * H * D), ranges: ranges.subarray(0, N * 4), window: window ?? Infinity, scale, H, KV, D },
    ...{ k: columns(kv, R, 0, KV * D), v: columns(kv, R, KV * D, 2 * KV * D) },
  });
  const got = outputs.floats('out');
  return { out, got: got.subarray(0, out.length), beyond: got.subarray(out.length) };
}

describe.each(CASES)('H=$H KV=$KV D=$D window=$window scale=$scale: $variant', (options) => {
  it('equals the twin; idle lanes give zero', async () => {
    const { out, got } = await attend(options);
    expectClose(got, out, (options.scale ?? 0) > 1 ? TOLERANCES.largeLogits : TOLERANCES.softmax);
  });
});

it.each(VARIANTS)('lanes beyond the count are not written, and share nothing: %s', async (variant) => {
  const { out, got, beyond } = await attend({ H: 9, KV: 3, D: 64, variant }, 12);
  expectClose(got, out, TOLERANCES.softmax);
  expect(beyond.length).toBeGreaterThan(0);
  expect(beyond.every(Number.isNaN)).toBe(true);
});
