import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from './device';
import { PipelineCache } from './kernel';
import { linear } from './ops/linear';
import { Planner } from './planner';
import { tune } from './tuner';
import { UNTUNED } from './tuning';

let device: Device;
beforeAll(async () => {
  device = await Device.open(browserGpu());
});
afterAll(() => device.destroy());

it('chooses a variant for every decision, keeps earlier choices, and frees its memory', async () => {
  const tuning = { ...UNTUNED, software: device.isSoftware };
  const p = new Planner(tuning);
  for (const rows of [1, 8, 64]) {
    const label = `weight ${rows}`;
    const part = { first: 0, end: 192, storage: 'f16', bound: { tensor: p.slot(label, [192 * 64]) } } as const;
    const weight = { label, rows: 192, cols: 128, parts: [part] };
    const inp = p.slot(`inp ${rows}`, [rows, 128], 'f32', true);
    p.setGrad(linear(p, { inp, weight }), p.slot(`dout ${rows}`, [rows, 192]));
  }
  p.backward();
  const decisions = [...p.decisions.values()];
  expect(decisions).toHaveLength(6);
  const [first] = decisions;
  const kept = first?.candidates.at(-1) ?? '';
  const earlier = { ...tuning, choices: { other: 'kept', [first?.key ?? '']: kept } };
  const choices = await tune(device, new PipelineCache(device), decisions, earlier);
  for (const { key, candidates } of decisions) expect(candidates).toContain(choices[key]);
  expect(choices).toMatchObject(earlier.choices);
  expect(Object.keys(choices)).toHaveLength(7);
  expect(device.ledger.current).toBe(0);
});
