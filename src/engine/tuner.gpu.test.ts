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

/** A tuning of this device, and six decisions of small products. */
function decisions() {
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
  return { tuning, made: [...p.decisions.values()] };
}

it('chooses a variant for every decision, keeps earlier choices, and frees its memory', async () => {
  const { tuning, made } = decisions();
  expect(made).toHaveLength(6);
  const [first] = made;
  const kept = first?.candidates.at(-1) ?? '';
  const earlier = { ...tuning, choices: { other: 'kept', [first?.key ?? '']: kept } };
  const progress: number[][] = [];
  const choices = await tune(device, new PipelineCache(device), made, earlier, {
    budget: Number.POSITIVE_INFINITY,
    onProgress: (...at) => progress.push(at),
  });
  for (const { key, candidates } of made) expect(candidates).toContain(choices[key]);
  expect(choices).toMatchObject(earlier.choices);
  expect(Object.keys(choices)).toHaveLength(7);
  expect(progress).toEqual([0, 1, 2, 3, 4].map((done) => [done, 5]));
  expect(device.ledger.current).toBe(0);
});

it('leaves decisions without a choice when no time or too little memory is left', async () => {
  const { tuning, made } = decisions();
  const cache = new PipelineCache(device);
  expect(await tune(device, cache, made, tuning, { budget: 0 })).toEqual({});
  expect(await tune(device, cache, made, tuning, { mostBytes: 2 ** 20 })).toEqual({});
  expect(device.ledger.current).toBe(0);
});

it('can be cancelled, and then frees its memory', async () => {
  const { tuning, made } = decisions();
  const abort = new AbortController();
  const tuned = tune(device, new PipelineCache(device), made, tuning, {
    signal: abort.signal,
    onProgress: (done) => done === 1 && abort.abort(new Error('stopped')),
  });
  await expect(tuned).rejects.toThrow('stopped');
  expect(device.ledger.current).toBe(0);
});
