import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { type LoraSegment, loraBackward, loraForward } from './lora';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

/** Ranks 3, 0 (no adapter) and 2 on outputs 0–4, 4–9, 9–11. */
const SEGMENTS: readonly LoraSegment[] = [
  { outStart: 0, outEnd: 4, rank: 3, hStart: 0 },
  { outStart: 4, outEnd: 9, rank: 0, hStart: 3 },
  { outStart: 9, outEnd: 11, rank: 2, hStart: 3 },
];

describe('lora', () => {
  const N = 3;
  const I = 7;
  const O = 11;
  const scale = 0.7;
  const rng = new Rng(1);
  const inp = randomArray(rng, N * I);
  const a = randomArray(rng, 5 * I);
  const b = randomArray(rng, 4 * 3 + 2 * 2);
  const dout = randomArray(rng, N * O);
  const base = { inp, a, b, scale, segments: SEGMENTS, I, O };

  it('gives stacked projections the same as separate ones', () => {
    const { delta } = loraForward(base);
    const first = loraForward({
      ...base,
      a: a.subarray(0, 3 * I),
      b: b.subarray(0, 12),
      O: 4,
      segments: SEGMENTS.slice(0, 1),
    });
    const last = loraForward({
      ...base,
      a: a.subarray(3 * I),
      b: b.subarray(12),
      O: 2,
      segments: [{ outStart: 0, outEnd: 2, rank: 2, hStart: 0 }],
    });
    for (let n = 0; n < N; n++) {
      expect([...delta.subarray(n * O, (n + 1) * O)]).toEqual([
        ...first.delta.subarray(n * 4, (n + 1) * 4),
        ...new Array<number>(5).fill(0),
        ...last.delta.subarray(n * 2, (n + 1) * 2),
      ]);
    }
  });

  it('backward agrees with finite differences', () => {
    const { h } = loraForward(base);
    const { da, db, dinp, dh } = loraBackward({ ...base, h, dout });
    const value = (change: Partial<typeof base>): number =>
      weightedSum(loraForward({ ...base, ...change }).delta, dout);
    expect(
      relativeError(
        da,
        numericalGradient((x) => value({ a: x }), a),
      ),
    ).toBeLessThan(1e-8);
    expect(
      relativeError(
        db,
        numericalGradient((x) => value({ b: x }), b),
      ),
    ).toBeLessThan(1e-8);
    expect(
      relativeError(
        dinp,
        numericalGradient((x) => value({ inp: x }), inp),
      ),
    ).toBeLessThan(1e-8);
    // h = inp when A is the identity: then dinp is dh.
    const identity = Float64Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    const dhNumerical = numericalGradient(
      (x) => weightedSum(loraForward({ ...base, inp: x, a: identity, I: 5 }).delta, dout),
      h,
    );
    expect(relativeError(dh, dhNumerical)).toBeLessThan(1e-8);
  });
});
