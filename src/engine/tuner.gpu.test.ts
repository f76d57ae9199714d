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

it('chooses a variant for every shape class and frees its memory', async () => {
  const choices = await tune(device, new PipelineCache(device), ['f32', 'f16'], { inputs: 128, outputs: 192 });
  const expected = { forward: [1, 8, 128, 2048], backward: [128, 2048] };
  for (const pass of ['forward', 'backward'] as const) {
    for (const rows of expected[pass]) {
      for (const storage of ['f32', 'f16'] as const) {
        expect(Object.keys(LINEAR_VARIANTS[pass])).toContain(choices[linearClass(pass, storage, rows)]);
      }
    }
  }
  expect(Object.keys(choices)).toHaveLength(13);
  expect(device.ledger.current).toBe(0);
});
