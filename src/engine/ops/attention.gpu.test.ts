import { describe, it } from 'vitest';
import { attentionBackward, attentionForward } from '../../reference/attention';
import { type AttentionTwin, type Branch, expectAttention, expectCacheAttention } from '../testing/attention-branches';
import { testLab } from '../testing/test-lab';

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

it.each([
  [null, 'f32'],
  [6, 'f32'],
  [null, 'f16'],
  [6, 'f16'],
] as const)(
  'lanes on one prefix read the cache; idle lanes give zero, lanes beyond the count are not written; window %s, %s',
  async (window, type) => {
    await expectCacheAttention(lab(), twin, { H: 4, KV: 2, D: 8, scale: 0.4, window, type }, { variant: 'heads' });
  },
);
