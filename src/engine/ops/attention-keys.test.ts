import { describe, expect, it } from 'vitest';
import { type Dispatch, Planner } from '../planner';
import { bytes, capacity, Dim } from '../tensor';
import { type Tuning, UNTUNED } from '../tuning';
import { attention } from './attention';
import { keyConstants, keySplits } from './attention-keys';

const GROUPS = [1, 2, 3, 4, 5, 6, 7, 8, 12];
const HEAD_SIZES = Array.from({ length: 64 }, (_, i) => 4 * (i + 1));

describe.each(HEAD_SIZES)('heads of %i', (headSize) => {
  it.each(GROUPS)('that share keys by %i have splits that fit every device', (group) => {
    const heads = { heads: group, kvHeads: 1, headSize };
    const splits = Object.values(keySplits(heads));
    expect(splits.length).toBeGreaterThanOrEqual(2);
    for (const split of splits) {
      const { WIDTH, KEYS, SPAN, COLUMNS, BLOCK, ROWS } = keyConstants(heads, split);
      const parts = KEYS / SPAN;
      const threads = parts * WIDTH;
      const pieces = Math.floor(threads / KEYS);
      expect(threads).toBeLessThanOrEqual(256);
      expect(pieces).toBeGreaterThanOrEqual(1);
      expect(COLUMNS * pieces).toBeGreaterThanOrEqual(WIDTH);
      // Longer loops are not unrolled.
      expect(Math.max(COLUMNS, SPAN, BLOCK, ROWS)).toBeLessThanOrEqual(8);
      // queries and sums in vec4s; pieces, scores, levels and begins in words.
      const words = 4 * BLOCK * (WIDTH + threads) + BLOCK * KEYS * (pieces + 1) + 2 * BLOCK * parts + ROWS;
      expect(words * 4).toBeLessThanOrEqual(16384);
    }
  });
});

/** Query heads, key heads and head size of models with at least 100 million parameters. */
const MODELS = [
  ['SmolLM2-135M', 9, 3, 64],
  ['Qwen2.5-0.5B', 14, 2, 64],
  ['Qwen3-0.6B', 16, 8, 128],
  ['Llama-3.2-1B', 32, 8, 64],
  ['Gemma 3 270M', 4, 1, 256],
] as const;

describe.each(MODELS)('decoding with %s', (_, heads, kvHeads, headSize) => {
  const plan = (lanes: number, tuning: Partial<Tuning> = {}, prefix = 257) => {
    const p = new Planner({ ...UNTUNED, ...tuning });
    const rows = new Dim('lanes', lanes);
    attention(p, {
      q: p.slot('q', [rows, heads * headSize]),
      kv: p.slot('kv', [prefix + lanes * 384, 2 * kvHeads * headSize]),
      ranges: p.slot('ranges', [rows, 4], 'u32'),
      visibleTo: null,
      window: null,
      heads: { heads, kvHeads, headSize },
      scale: 1,
      longest: { prefix, own: 384 },
    });
    return p;
  };

  it('keeps a GPU busy with one lane', () => {
    const [keys] = plan(1).dispatches as [Dispatch, Dispatch];
    expect(keys.variant.entry).toBe('forward_keys');
    const { WIDTH = 0, KEYS = 0, SPAN = 0 } = keys.variant.constants as Record<string, number>;
    const workgroups = keys.grid.reduce((product, { extent, per }) => product * (capacity(extent) / per), 1);
    expect(workgroups * (KEYS / SPAN) * WIDTH).toBeGreaterThanOrEqual(1024);
  });

  it('binds at most what every device can bind, also after a prefix of 100,000 tokens', () => {
    for (const lanes of [1, 16, 64]) {
      for (const { bindings } of plan(lanes, {}, 100_000).dispatches) {
        for (const [name, { tensor }] of bindings)
          if (name !== 'kv') expect(bytes(tensor)).toBeLessThanOrEqual(2 ** 27);
      }
    }
  });

  it.each([1, 8, 64])('measures %i lanes that see keys which exist', (lanes) => {
    const [decision] = plan(lanes).decisions.values();
    expect(decision?.candidates.some((name) => name.endsWith('shared'))).toBe(lanes > 1);
    expect(decision?.candidates).not.toContain('heads');
    const p = new Planner();
    const ranges = decision?.measure(p).inputs?.ranges ?? new Uint32Array();
    expect(ranges.length).toBe(4 * lanes);
    const [first] = p.dispatches as [Dispatch];
    expect(first.bindings.get('kv')?.tensor.shape[0]).toBe(Math.max(...ranges));
  });

  it('keeps one thread for each head without a GPU, and for many rows', () => {
    for (const p of [plan(8, { software: true }), plan(65)]) {
      expect(p.dispatches.map(({ variant }) => variant.entry)).toEqual(['forward']);
    }
  });
});
