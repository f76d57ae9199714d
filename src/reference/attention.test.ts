import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { attentionBackward, attentionForward } from './attention';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

/** A prompt of 3 rows, two branches on it (3 and 2 rows), and a row that sees nothing. */
const RANGES = [
  [0, 0, 0, 1],
  [0, 0, 0, 2],
  [0, 0, 0, 3],
  [0, 3, 3, 4],
  [0, 3, 3, 5],
  [1, 3, 3, 6], // a sliding window
  [0, 3, 6, 7],
  [0, 3, 6, 8],
  [4, 4, 2, 2],
];

describe.each([
  { H: 1, KV: 1, D: 2 },
  { H: 6, KV: 2, D: 3 },
  { H: 4, KV: 1, D: 5 },
])('attention H=$H KV=$KV D=$D', ({ H, KV, D }) => {
  const N = RANGES.length;
  const R = 8;
  const rng = new Rng(H, D);
  const q = randomArray(rng, N * H * D);
  const k = randomArray(rng, R * KV * D);
  const v = randomArray(rng, R * KV * D);
  const dout = randomArray(rng, N * H * D);
  const base = { q, k, v, ranges: Uint32Array.from(RANGES.flat()), scale: 0.6, H, KV, D };

  it('averages the visible values by softmax', () => {
    const { out, lse } = attentionForward(base);
    // Row 0 sees one key, so its output is the value, and lse is the score.
    const head = H - 1;
    const group = KV - 1;
    expect([...out.subarray(head * D, (head + 1) * D)]).toEqual([...v.subarray(group * D, (group + 1) * D)]);
    expect(lse[head]).toBeCloseTo(
      0.6 * weightedSum(q.subarray(head * D, (head + 1) * D), k.subarray(group * D, (group + 1) * D)),
      12,
    );
    expect([...out.subarray(8 * H * D)]).toEqual(new Array<number>(H * D).fill(0));
    // Equal scores give the mean, here of rows 1, 2, 3, 4, 5.
    const uniform = attentionForward({ ...base, q: new Float64Array(q.length) });
    expect(uniform.lse[5 * H]).toBeCloseTo(Math.log(5), 12);
    expect(uniform.out[5 * H * D]).toBeCloseTo(
      [1, 2, 3, 4, 5].reduce((sum, r) => sum + (v[r * KV * D] ?? 0), 0) / 5,
      12,
    );
  });

  it('does not overflow', () => {
    const { out, lse } = attentionForward({ ...base, scale: 1e5 });
    expect([...out, ...lse].every(Number.isFinite)).toBe(true);
  });

  it('backward agrees with finite differences', () => {
    const { dq, dk, dv } = attentionBackward({ ...base, ...attentionForward(base), dout });
    const value = (change: Partial<typeof base>): number =>
      weightedSum(attentionForward({ ...base, ...change }).out, dout);
    expect(
      relativeError(
        dq,
        numericalGradient((x) => value({ q: x }), q),
      ),
    ).toBeLessThan(1e-7);
    expect(
      relativeError(
        dk,
        numericalGradient((x) => value({ k: x }), k),
      ),
    ).toBeLessThan(1e-7);
    expect(
      relativeError(
        dv,
        numericalGradient((x) => value({ v: x }), v),
      ),
    ).toBeLessThan(1e-7);
  });
});
