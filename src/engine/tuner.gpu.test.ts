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
  const expected = { forward: [1, 8, 128, 2048], backward: [128, 2048] };
  for (const pass of ['forward', 'backward'] as const) {
    for (const rows of expected[pass]) {
      expect(Object.keys(LINEAR_VARIANTS[pass])).toContain(choices[linearClass(pass, 'f32', rows)]);
    }
  }
  expect(Object.keys(choices)).toHaveLength(7);
  expect(device.ledger.current).toBe(0);
});
