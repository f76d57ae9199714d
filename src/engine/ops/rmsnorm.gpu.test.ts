import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { rmsnormBackward, rmsnormForward } from '../../reference/rmsnorm';
import { Dim } from '../tensor';
import { beside, expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { rmsnorm } from './rmsnorm';

const lab = testLab();

describe.each(['software', 'hardware'])('rmsnorm, %s', (kernels) => {
  it.each([
    { N: 1, C: 4, offset: 0 },
    { N: 8, C: 256, offset: 1 },
    { N: 11, C: 260, offset: 0 },
  ])('$N rows of $C', async ({ N, C, offset }) => {
    const rng = new Rng(N, C);
    const inp = normals(rng, N * C);
    const weight = normals(rng, C);
    const dout = normals(rng, N * C);
    const options = { inp, weight, eps: 1e-5, offset };
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [N, C], 'f32', true);
        const out = rmsnorm(p, x, { weight: { tensor: p.slot('weight', [C]) }, eps: 1e-5, offset });
        p.setGrad(out, p.slot('dout', [N, C]));
        p.backward();
        return { out, dinp: p.grad(x) };
      },
      { slots: { inp, weight, dout }, tuning: { software: kernels === 'software' } },
    );
    expectClose(outputs.floats('out'), rmsnormForward(options), TOLERANCES.rmsnorm);
    expectClose(outputs.floats('dinp'), rmsnormBackward({ ...options, dout }), TOLERANCES.rmsnorm);
  });

  it('adds a residual, averages over the true width, and keeps the padding zero', async () => {
    const [N, size, C, offset] = [5, 70, 72, 1];
    const rng = new Rng(3, 4);
    const [inp, residual, dout] = [normals(rng, N * size), normals(rng, N * size), normals(rng, N * size)];
    const weight = normals(rng, size);
    const padded = (values: Float64Array) => beside(N, values, new Float64Array(N * (C - size)));
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [N, C], 'f32', true);
        const y = p.slot('residual', [N, C], 'f32', true);
        const out = rmsnorm(p, x, { weight: { tensor: p.slot('weight', [C]) }, eps: 1e-5, offset, size, residual: y });
        p.setGrad(out, p.slot('dout', [N, C]));
        p.backward();
        return { out, dinp: p.grad(x), dresidual: p.grad(y) };
      },
      {
        slots: { inp: padded(inp), weight, residual: padded(residual), dout: padded(dout) },
        tuning: { software: kernels === 'software' },
      },
    );
    const options = { inp, weight, eps: 1e-5, offset };
    const out = rmsnormForward(options).map((value, i) => value + (residual[i] ?? 0));
    expectClose(outputs.floats('out'), padded(out), TOLERANCES.rmsnorm);
    expectClose(outputs.floats('dinp'), padded(rmsnormBackward({ ...options, dout })), TOLERANCES.rmsnorm);
    expectClose(outputs.floats('dresidual'), padded(dout), TOLERANCES.rmsnorm);
  });

  it('norms only the first rows, adds to an existing gradient, and does not touch rows beyond the batch', async () => {
    const [capacity, N, scored, C] = [16, 13, 6, 68];
    const rng = new Rng(1, 2);
    const inp = normals(rng, capacity * C);
    const weight = normals(rng, C);
    const dout = normals(rng, scored * C);
    const dall = normals(rng, capacity * C);
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [new Dim('rows', capacity), C], 'f32', true);
        const options = { weight: { tensor: p.slot('weight', [C]) }, eps: 1e-5, offset: 0 };
        const out = rmsnorm(p, x, options, new Dim('scored', scored));
        const all = rmsnorm(p, x, options);
        p.setGrad(out, p.slot('dout', [scored, C]));
        p.setGrad(all, p.slot('dall', [capacity, C]));
        p.backward();
        return { out, dinp: p.grad(x) };
      },
      {
        slots: { inp, weight, dout, dall },
        tuning: { software: kernels === 'software' },
        replays: [{ rows: N, scored }],
      },
    );
    const some = { inp: inp.subarray(0, scored * C), weight, eps: 1e-5 };
    const every = { inp: inp.subarray(0, N * C), weight, eps: 1e-5 };
    const dinp = rmsnormBackward({ ...every, dout: dall.subarray(0, N * C) });
    rmsnormBackward({ ...some, dout }).forEach((d, i) => {
      dinp[i] = (dinp[i] ?? 0) + d;
    });
    expectClose(outputs.floats('out'), rmsnormForward(some), TOLERANCES.rmsnorm);
    expectClose(outputs.floats('dinp').subarray(0, N * C), dinp, TOLERANCES.rmsnorm);
    expect(
      outputs
        .floats('dinp')
        .subarray(N * C)
        .every(Number.isNaN),
    ).toBe(true);
  });
});
