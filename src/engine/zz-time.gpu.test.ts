import { it } from 'vitest';
import { Rng } from '../lib/threefry';
import { LINEAR_VARIANTS, linear, linearClass } from './ops/linear';
import { testLab, testWeight } from './testing';

const lab = testLab();
it('time', async () => {
  const run = async (name: string, pass: 'forward' | 'backward') => {
    const a = process.cpuUsage();
    const t = performance.now();
    const w = testWeight(new Rng(1), { rows: 8, cols: 8 });
    await lab().run(
      (p) => {
        const x = p.slot('inp', [8, 8], 'f32', true);
        const out = linear(p, { inp: x, weight: w.weight(p) });
        if (pass === 'forward') return { out };
        p.dispatches.length = 0;
        p.setGrad(out, p.slot('dout', [8, 8]));
        p.backward();
        return { dinp: p.grad(x) };
      },
      { slots: w.slots, choices: { [linearClass('forward', 'f32', 8)]: name, [linearClass('backward', 'f32', 8)]: name } },
    );
    const d = process.cpuUsage(a);
    console.log(pass, name, 'cpu ms', Math.round((d.user + d.system) / 1000), 'wall', Math.round(performance.now() - t));
  };
  await run('1x4', 'forward');
  for (const pass of ['backward', 'forward'] as const)
    for (const name of Object.keys(LINEAR_VARIANTS[pass]).reverse()) await run(name, pass);
}, 500000);
