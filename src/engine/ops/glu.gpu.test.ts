import { describe, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { gluBackward, gluForward } from '../../reference/glu';
import { expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { type Activation, glu } from './glu';

const lab = testLab();

describe.each<Activation>(['silu', 'gelu_tanh'])('glu, %s', (activation) => {
  const forwardAndBackward = async (N: number, F: number, inp: Float64Array, dout: Float64Array) => {
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [N, 2 * F], 'f32', true);
        const out = glu(p, x, activation);
        p.setGrad(out, p.slot('dout', [N, F]));
        p.backward();
        return { out, dinp: p.grad(x) };
      },
      { slots: { inp, dout } },
    );
    const options = { gateUp: inp, F, activation };
    expectClose(outputs.floats('out'), gluForward(options), TOLERANCES.activation);
    expectClose(outputs.floats('dinp'), gluBackward({ ...options, dout }), TOLERANCES.activation);
  };

  it.each([
    { N: 1, F: 4 },
    { N: 3, F: 256 },
    { N: 2, F: 268 },
  ])('$N rows of $F', async ({ N, F }) => {
    const rng = new Rng(N, F);
    await forwardAndBackward(N, F, normals(rng, N * 2 * F, 2), normals(rng, N * F));
  });

  it.each([-1000, -90, -20, 20, 90, 1000])('stays finite at %d', async (x) => {
    const inp = Float64Array.of(x, x, x, x, 1, -1, 0.5, 0);
    await forwardAndBackward(1, 4, inp, Float64Array.of(1, 1, -2, 1));
  });
});
