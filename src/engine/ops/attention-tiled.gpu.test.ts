import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { attentionBackward, attentionForward } from '../../reference/attention';
import {
  type AttentionCase,
  type AttentionTwin,
  type Branch,
  expectAttention,
  expectCacheAttention,
} from '../testing/attention-branches';
import { KERNEL_KIND } from '../testing/kernel-kind';
import { beside, normals, testLab } from '../testing/test-lab';
import { attention } from './attention';

const lab = testLab();

const twin: AttentionTwin = (inputs, dout) => {
  const result = attentionForward(inputs);
  return { ...result, ...attentionBackward({ ...inputs, ...result, dout }) };
};

const PAIR: readonly Branch[] = [{ length: 5 }, { length: 4, prefix: 0 }, { length: 3, prefix: 0 }];
const TWO_PAIRS: readonly Branch[] = [...PAIR, { length: 3 }, { length: 6, prefix: 3 }, { length: 2, prefix: 3 }];
/** Branches that end at, before and after the ends of tiles of 32 and 64 items. */
const LONG_PAIRS: readonly Branch[] = [
  { length: 32 },
  { length: 31, prefix: 0 },
  { length: 50, prefix: 0 },
  { length: 65 },
  { length: 64, prefix: 3 },
  { length: 7, prefix: 3 },
];
/** Prompts of three branches. */
const MANY: readonly Branch[] = Array.from({ length: 24 }, (_, b) => ({
  length: 3 + (b % 5),
  ...(b % 4 > 0 && { prefix: b - (b % 4) }),
}));

/** Software adapters compile each head size and number of query heads in a group for seconds, so there are few. */
const NARROW = { H: 6, KV: 2, D: 16, scale: 0.3, window: null };
const SMOL = { H: 6, KV: 2, D: 64, scale: 0.1, window: null };

const OTHER_SHAPES = [
  // Not a whole number of slices.
  { name: 'long pairs', ...{ H: 7, KV: 1, D: 72, scale: 0.1, window: null }, branches: LONG_PAIRS },
  { name: 'long pairs in a window of 40', ...{ H: 2, KV: 2, D: 128, scale: 0.1, window: 40 }, branches: LONG_PAIRS },
];

const CASES: readonly (AttentionCase & { readonly name: string })[] = [
  { name: 'a single row', ...NARROW, branches: [{ length: 1 }] },
  { name: 'one branch', ...NARROW, branches: [{ length: 16 }] },
  { name: 'a pair on one prompt', ...NARROW, branches: PAIR },
  { name: 'two pairs', ...NARROW, branches: TWO_PAIRS },
  { name: 'two pairs in a window of 4', ...NARROW, branches: TWO_PAIRS, window: 4 },
  { name: 'two pairs in a window of 1', ...NARROW, branches: TWO_PAIRS, window: 1 },
  { name: 'a window longer than all', ...NARROW, branches: TWO_PAIRS, window: 12 },
  { name: 'scores of some tens', ...NARROW, branches: TWO_PAIRS, scale: 7 },
  { name: 'many short branches', ...NARROW, branches: MANY },
  { name: 'many short branches in a window of 5', ...NARROW, branches: MANY, window: 5 },
  { name: 'whole tiles', ...SMOL, branches: [{ length: 64 }] },
  { name: 'long pairs', ...SMOL, branches: LONG_PAIRS },
  { name: 'long pairs in a window of 3', ...SMOL, branches: LONG_PAIRS, window: 3 },
  { name: 'long pairs in a window of 33', ...SMOL, branches: LONG_PAIRS, window: 33 },
  { name: 'long pairs in a window of 33', ...{ H: 4, KV: 1, D: 256, scale: 0.05, window: 33 }, branches: LONG_PAIRS },
  ...(KERNEL_KIND === 'software' ? [] : OTHER_SHAPES),
];

describe.each(CASES)('tiled attention: $name, H=$H KV=$KV D=$D', (attentionCase) => {
  it('forward and backward', async () => {
    await expectAttention(lab(), twin, attentionCase, { variant: 'tiled' });
  });
});

it('computes the same in several dispatches', async () => {
  const attentionCase = { ...SMOL, branches: LONG_PAIRS };
  const whole = await expectAttention(lab(), twin, attentionCase, { variant: 'tiled' });
  expect(await expectAttention(lab(), twin, attentionCase, { variant: 'tiled', mostFlops: 1 })).toEqual(whole);
});

it('computes the same for a row whatever rows are beside it', async () => {
  const { H, KV, D } = SMOL;
  const N = 70;
  const [q, kv] = [normals(new Rng(6), N * H * D), normals(new Rng(7), N * 2 * KV * D)];
  /** A branch of N rows after `before` rows of another one. */
  const outputOf = async (before: number): Promise<Float64Array> => {
    const rows = before + N;
    const ranges = Uint32Array.from(
      Array.from({ length: rows }, (_, n) => [0, 0, n < before ? 0 : before, n + 1]).flat(),
    );
    const others = { q: normals(new Rng(8), before * H * D), kv: normals(new Rng(9), before * 2 * KV * D) };
    const outputs = await lab().run(
      (p) => ({
        out: attention(p, {
          q: p.slot('q', [rows, H * D]),
          kv: p.slot('kv', [rows, 2 * KV * D]),
          ranges: p.slot('ranges', [rows, 4], 'u32'),
          visibleTo: null,
          window: 50,
          heads: { heads: H, kvHeads: KV, headSize: D },
          scale: 0.1,
        }),
      }),
      { slots: { q: beside(1, others.q, q), kv: beside(1, others.kv, kv), ranges }, variant: 'tiled' },
    );
    return outputs.floats('out').subarray(before * H * D);
  };
  const alone = await outputOf(0);
  expect(new Set(alone).size).toBeGreaterThan(N);
  expect(await outputOf(9)).toEqual(alone);
});

it.each([
  [null, 'f32'],
  [6, 'f32'],
  [null, 'f16'],
  [6, 'f16'],
] as const)(
  'reads a cache; idle lanes give zero, lanes beyond the count are not written; window %s, %s',
  async (window, type) => {
    await expectCacheAttention(lab(), twin, { H: 6, KV: 2, D: 16, scale: 0.3, window, type }, { variant: 'tiled' });
  },
);
