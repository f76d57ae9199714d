import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { activate, type GluActivation, gluBackward, gluForward } from './glu';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

it('computes silu and the tanh form of gelu', () => {
  expect(activate('silu', 1).value).toBeCloseTo(0.7310585786300049, 14);
  expect(activate('gelu_tanh', 1).value).toBeCloseTo(0.8411919906082768, 14);
  expect(activate('silu', -1000).value).toBeCloseTo(0, 14);
  expect(activate('gelu_tanh', 1000).value).toBe(1000);
});

describe.each<{ activation: GluActivation; N: number; F: number }>([
  { activation: 'silu', N: 3, F: 5 },
  { activation: 'gelu_tanh', N: 2, F: 7 },
])('glu $activation', ({ activation, N, F }) => {
  const rng = new Rng(N, F);
  const gateUp = randomArray(rng, N * 2 * F);
  const dout = randomArray(rng, N * F);

  it('gates the second half with the first', () => {
    const out = gluForward({ gateUp, F, activation });
    const last = N * 2 * F - 1;
    expect(out[N * F - 1]).toBe(activate(activation, gateUp[last - F] ?? 0).value * (gateUp[last] ?? 0));
  });

  it('backward agrees with finite differences', () => {
    const numerical = numericalGradient((x) => weightedSum(gluForward({ gateUp: x, F, activation }), dout), gateUp);
    expect(relativeError(gluBackward({ gateUp, F, activation, dout }), numerical)).toBeLessThan(1e-8);
  });
});
