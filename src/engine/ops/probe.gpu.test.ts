import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { multiplyAdd as twin } from '../../reference/probe';
import { Dim } from '../tensor';
import { expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { tuningOf } from '../tuning';
import { copy, FLOPS_PER_ROUND, multiplyAdd } from './probe';

const lab = testLab();

describe.each([1, 64, 300])('probe, %i vectors', (N) => {
  const inp = normals(new Rng(N), N * 4);

  it('copies', async () => {
    const outputs = await lab().run(
      (p) => {
        const size = new Dim('size', N + 3);
        const out = p.activation('out', [size, 4]);
        copy(p, { inp: p.slot('inp', [size, 4]), out });
        return { out };
      },
      { slots: { inp }, replays: [{ size: N }] },
    );
    const out = outputs.floats('out');
    expectClose(out.subarray(0, N * 4), inp, TOLERANCES.copy);
    expect(out.subarray(N * 4).every(Number.isNaN)).toBe(true);
  });

  const chain = { rounds: 12, factor: 0.75, term: 2 };
  const expected = twin({ inp, chains: FLOPS_PER_ROUND / 8, ...chain });
  const run = (numbers: 'f32' | 'f16') =>
    lab().run(
      (p) => {
        const out = p.activation('out', [N, 4]);
        multiplyAdd(p, { inp: p.slot('inp', [N, 4]), out, numbers, ...chain, rounds: p.scalar('rounds') });
        return { out };
      },
      { slots: { inp }, tuning: tuningOf(lab().device), replays: [{ rounds: chain.rounds }] },
    );

  it('multiplies and adds in f32', async () => {
    expectClose((await run('f32')).floats('out'), expected, TOLERANCES.product);
  });

  it('multiplies and adds in f16, or is refused where the device has no f16', async () => {
    if (lab().device.gpu.features.has('shader-f16')) {
      expectClose((await run('f16')).floats('out'), expected, TOLERANCES.half);
    } else {
      await expect(run('f16')).rejects.toThrow('probe: f16 needs the feature shader-f16');
    }
  });
});
