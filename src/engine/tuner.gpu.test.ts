import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from './device';
import { PipelineCache } from './kernel';
import { LINEAR_VARIANTS, linearClass } from './ops/linear';
import { tune } from './tuner';

let device: Device;
beforeAll(async () => {
  device = await Device.open(browserGpu());
});
afterAll(() => device.destroy());

it('names a variant for every shape class and leaves nothing behind', async () => {
  const choices = await tune(device, new PipelineCache(device), 'f32');
  expect(Object.keys(choices).sort()).toEqual(
    [
      'reduction',
      ...[8, 128, 2048].flatMap((rows) => (['forward', 'backward'] as const).map((pass) => linearClass(pass, 'f32', rows))),
    ].sort(),
  );
  for (const rows of [8, 128, 2048]) {
    expect(Object.keys(LINEAR_VARIANTS.forward)).toContain(choices[linearClass('forward', 'f32', rows)]);
    expect(Object.keys(LINEAR_VARIANTS.backward)).toContain(choices[linearClass('backward', 'f32', rows)]);
  }
  expect(device.ledger.current).toBe(0);
});
