import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { linearBackward, linearForward } from './linear';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

it('multiplies by the transposed weight and adds bias, residual and delta', () => {
  const inp = Float64Array.of(1, 2, 3, 4);
  const weight = Float64Array.of(1, 0, 0, 1, 1, 1);
  expect(linearForward({ inp, weight, I: 2 })).toEqual(Float64Array.of(1, 2, 3, 3, 4, 7));
  expect(
    linearForward({
      inp,
      weight,
      I: 2,
      bias: Float64Array.of(10, 20, 30),
      residual: Float64Array.of(100, 200, 300, 400, 500, 600),
      delta: Float64Array.of(0.5, 0, 0, 0, 0, 0.5),
    }),
  ).toEqual(Float64Array.of(111.5, 222, 333, 413, 524, 637.5));
});

describe.each([
  { N: 1, I: 1, O: 1 },
  { N: 5, I: 7, O: 3 },
])('linear N=$N I=$I O=$O', ({ N, I, O }) => {
  it('backward agrees with finite differences', () => {
    const rng = new Rng(N, I);
    const inp = randomArray(rng, N * I);
    const weight = randomArray(rng, O * I);
    const dout = randomArray(rng, N * O);
    const numerical = numericalGradient((x) => weightedSum(linearForward({ inp: x, weight, I }), dout), inp);
    expect(relativeError(linearBackward({ weight, I, dout }), numerical)).toBeLessThan(1e-8);
  });
});
