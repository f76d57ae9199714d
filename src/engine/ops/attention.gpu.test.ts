import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { attentionBackward, attentionForward } from '../../reference/attention';
import { Dim } from '../tensor';
import { type AttentionTwin, type Branch, expectAttention } from '../testing/attention-branches';
import { columns, expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { attention } from './attention';

const lab = testLab();

const twin: AttentionTwin = (inputs, dout) => {
  const result = attentionForward(inputs);
  return { ...result, ...attentionBackward({ ...inputs, ...result, dout }) };
};

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
    await expectAttention(lab(), twin, { branches, window, H, KV, D, scale }, { variant: 'heads' });
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
