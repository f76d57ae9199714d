import { expect, it } from 'vitest';
import { browserGpu, Device } from './device';
import { measureSpeed } from './device-speed';

it('measures the limits of the device and frees what it used', async () => {
  const device = await Device.open(browserGpu());
  const before = device.ledger.current;
  const speed = await measureSpeed(device);
  // From a software adapter on a busy machine to the largest GPU.
  expect(speed.bandwidth).toBeGreaterThan(1e8);
  expect(speed.bandwidth).toBeLessThan(2e13);
  expect(speed.flops).toBeGreaterThan(1e8);
  expect(speed.flops).toBeLessThan(1e15);
  expect(speed.halfFlops === null).toBe(!device.gpu.features.has('shader-f16'));
  expect(speed.dispatch).toBeGreaterThan(1e-7);
  expect(speed.dispatch).toBeLessThan(1e-2);
  expect(speed.submit).toBeGreaterThan(speed.dispatch);
  expect(speed.submit).toBeLessThan(1);
  expect(device.ledger.current).toBe(before);
  device.destroy();
});
