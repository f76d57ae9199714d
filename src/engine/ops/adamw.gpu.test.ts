import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { adamwStep, clipFactor, gradNorm } from '../../reference/adamw';
import { expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { adamw } from './adamw';

const lab = testLab();

describe('adamw', () => {
  it.each([
    { size: 4, maxNorm: 0, decay: 0.1, gradScale: 1 },
    { size: 256, maxNorm: 1, decay: 0, gradScale: 1 },
    { size: 1028, maxNorm: 1, decay: 0.01, gradScale: 1e-3 },
    // Beyond 4,096 workgroups the grid has a second axis.
    { size: 2 ** 20 + 2052, maxNorm: 0.5, decay: 0, gradScale: 1 },
  ])(
    'three steps of $size parameters, clipped at $maxNorm, decay $decay',
    async ({ size, maxNorm, decay, gradScale }) => {
      const rng = new Rng(size);
      const parameters = normals(rng, size);
      const grad = normals(rng, size, gradScale);
      const hyper = { beta1: 0.9, beta2: 0.95 };
      const steps = [1e-2, 5e-3, 1e-3].map((learningRate, i) => ({
        learningRate,
        correction1: 1 - hyper.beta1 ** (i + 1),
        correction2: Math.sqrt(1 - hyper.beta2 ** (i + 1)),
      }));
      const outputs = await lab().run(
        (p) => {
          const slots = { parameters: p.slot('parameters', [size]), m: p.slot('m', [size]), v: p.slot('v', [size]) };
          const norm = p.slot('norm', [4]);
          const schedule = {
            learningRate: p.scalar('learningRate'),
            correction1: p.scalar('correction1'),
            correction2: p.scalar('correction2'),
          };
          adamw(p, {
            ...slots,
            grad: p.slot('grad', [size]),
            norm,
            size,
            ...schedule,
            ...hyper,
            eps: 1e-8,
            decay,
            maxNorm,
          });
          return { ...slots, norm };
        },
        { slots: { parameters, grad }, replays: steps },
      );
      const norm = gradNorm(grad);
      let expected: ReturnType<typeof adamwStep> = {
        params: parameters,
        m: new Float64Array(size),
        v: new Float64Array(size),
      };
      steps.forEach(({ learningRate }, i) => {
        const options = { ...hyper, epsilon: 1e-8, weightDecay: decay, gradScale: clipFactor(norm, maxNorm) };
        expected = adamwStep({ ...expected, ...options, grads: grad, step: i + 1, learningRate });
      });
      expectClose(outputs.floats('norm').subarray(0, 1), Float64Array.of(norm), TOLERANCES.optimizer);
      expectClose(outputs.floats('parameters'), expected.params, TOLERANCES.optimizer);
      expectClose(outputs.floats('m'), expected.m, TOLERANCES.optimizer);
      expectClose(outputs.floats('v'), expected.v, TOLERANCES.optimizer);
    },
  );

  it('does not change parameters without a gradient', async () => {
    const size = 8;
    const parameters = normals(new Rng(3), size);
    const outputs = await lab().run(
      (p) => {
        const slot = (label: string) => p.slot(label, [size]);
        const o = {
          parameters: slot('parameters'),
          grad: slot('grad'),
          m: slot('m'),
          v: slot('v'),
          norm: p.slot('norm', [4]),
        };
        const rates = { learningRate: 0.1, correction1: 0.1, correction2: Math.sqrt(0.05), beta1: 0.9, beta2: 0.95 };
        adamw(p, { ...o, ...rates, size, eps: 1e-8, decay: 0, maxNorm: 1 });
        return o;
      },
      { slots: { parameters } },
    );
    expect(outputs.floats('parameters')).toEqual(parameters);
  });
});
