import { describe, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { logprobBackward, logprobForward } from '../../reference/logprob';
import { expectClose, normals, testLab, testWeight } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { logprob } from './logprob';

const lab = testLab();

describe.each(['software', 'hardware'])('logprob, %s', (kernels) => {
  it.each([
    { name: 'one chunk', M: 1, V: 8, C: 4, chunk: 64, cuts: [], scale: 1 },
    { name: 'one chunk, off four', M: 9, V: 301, C: 12, chunk: 301, cuts: [], scale: 1 },
    { name: 'three chunks', M: 8, V: 70, C: 8, chunk: 32, cuts: [], scale: 1 },
    // Chunks begin at multiples of 256 bytes, whatever the requested size.
    { name: 'chunks of eight, from three', M: 5, V: 21, C: 8, chunk: 3, cuts: [], scale: 1 },
    { name: 'two parts in chunks', M: 11, V: 83, C: 16, chunk: 32, cuts: [36], scale: 1 },
    { name: 'logits of some hundreds', M: 6, V: 83, C: 16, chunk: 32, cuts: [], scale: 100 },
  ])('$name', async ({ M, V, C, chunk, cuts, scale }) => {
    const rng = new Rng(M, V);
    const table = testWeight(rng, { rows: V, cols: C, cuts });
    const hidden = normals(rng, M * C, scale);
    const targets = Uint32Array.from({ length: M }, () => rng.integer(V));
    [V - 1, 0].slice(0, M).forEach((target, m) => {
      targets[m] = target;
    });
    const branches = Uint32Array.from({ length: M }, (_, m) => Math.floor(m / 3));
    const dbranch = normals(rng, Math.ceil(M / 3));
    const outputs = await lab().run(
      (p) => {
        const inp = p.slot('hidden', [M, C], 'f32', true);
        const rows = { targets: p.slot('targets', [M], 'u32'), branches: p.slot('branches', [M], 'u32') };
        const gradient = p.slot('dbranch', [dbranch.length]);
        const logps = logprob(p, { hidden: inp, head: table.weight(p), ...rows, dbranch: gradient, chunk });
        p.setGrad(logps, gradient);
        p.backward();
        return { logps, dhidden: p.grad(inp) };
      },
      // Twice: the second replay must not depend on what the first has left.
      {
        slots: { hidden, targets, branches, dbranch, ...table.slots },
        tuning: { software: kernels === 'software' },
        replays: [{}, {}],
      },
    );
    const twin = { hidden, weight: table.values, targets, C };
    const { logps, lse } = logprobForward(twin);
    const dlogps = Float64Array.from(branches, (branch) => dbranch[branch] ?? Number.NaN);
    expectClose(outputs.floats('logps'), logps, TOLERANCES.logprob);
    const tolerance = scale > 1 ? TOLERANCES.largeLogits : TOLERANCES.logprob;
    expectClose(outputs.floats('dhidden'), logprobBackward({ ...twin, lse, dlogps }), tolerance);
  });
});
