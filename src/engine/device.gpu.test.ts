import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { browserGpu, Device } from './device';
import { READBACK_USAGE, Readback } from './readback';

const USAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

async function failure(promise: Promise<unknown>): Promise<LabError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LabError)) throw new Error(`a LabError was expected, not ${error}`);
  return error;
}

describe('a device', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open(browserGpu());
  });
  afterAll(() => device.destroy());

  it('has a name, and the features and limits of the adapter', () => {
    expect(device.name).not.toBe('');
    expect(device.limits.maxBufferSize).toBe(device.adapter.limits.maxBufferSize);
    expect(device.gpu.features.has('shader-f16')).toBe(device.adapter.features.has('shader-f16'));
  });

  it('records allocations in the ledger, and frees them', async () => {
    const before = device.ledger.current;
    const buffers = await device.allocate([
      { label: 'small', bytes: 1, usage: USAGE },
      { label: 'even', bytes: 4096, usage: USAGE },
    ]);
    expect(buffers.map(({ size }) => size)).toEqual([16, 4096]);
    expect(device.ledger.current - before).toBe(16 + 4096);
    for (const buffer of buffers) device.free(buffer);
    expect(device.ledger.current).toBe(before);
  });

  it('a failed allocation is a typed error, frees its buffers and leaves the device usable', async () => {
    const before = device.ledger.current;
    const error = await failure(
      device.allocate([
        { label: 'fits', bytes: 1024, usage: USAGE },
        { label: 'weights', bytes: device.limits.maxBufferSize + 16, usage: USAGE },
      ]),
    );
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toContain('weights');
    expect(error.advice).not.toBe('');
    expect(device.ledger.current).toBe(before);
    const [buffer] = await device.allocate([{ label: 'after', bytes: 64, usage: USAGE }]);
    expect(buffer?.size).toBe(64);
    if (buffer !== undefined) device.free(buffer);
  });

  it('concurrent allocations do not receive each other’s errors', async () => {
    const before = device.ledger.current;
    const [good, bad, alsoGood] = await Promise.allSettled([
      device.allocate([{ label: 'a', bytes: 64, usage: USAGE }]),
      device.allocate([{ label: 'b', bytes: device.limits.maxBufferSize + 16, usage: USAGE }]),
      device.allocate([{ label: 'c', bytes: 32, usage: USAGE }]),
    ]);
    expect([good.status, bad.status, alsoGood.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(device.ledger.current - before).toBe(96);
    for (const result of [good, alsoGood])
      if (result.status === 'fulfilled') for (const buffer of result.value) device.free(buffer);
  });
});

describe('Device.open refuses', () => {
  it('a browser without WebGPU or without an adapter', async () => {
    const none: Pick<GPU, 'requestAdapter'> = { requestAdapter: async () => null };
    for (const gpu of [undefined, none as GPU]) {
      const error = await failure(Device.open(gpu));
      expect(error.code).toBe('no-webgpu');
      expect(error.advice).toContain('Chrome');
    }
  });

  it('an adapter whose limits are too low', async () => {
    const limits = { maxStorageBuffersPerShaderStage: 4, maxComputeInvocationsPerWorkgroup: 256 };
    const poor = { requestAdapter: async () => ({ limits, features: new Set() }) };
    const error = await failure(Device.open(poor as unknown as GPU));
    expect(error.code).toBe('adapter-limits');
    expect(error.message).toContain('maxStorageBuffersPerShaderStage = 4');
  });
});

it('every call to a lost device throws device-lost', async () => {
  const device = await Device.open(browserGpu());
  device.check();
  device.destroy();
  const lost = await device.lost;
  expect(lost.code).toBe('device-lost');
  expect(() => device.check()).toThrow(lost);
  expect(await failure(device.allocate([{ label: 'late', bytes: 16, usage: USAGE }]))).toBe(lost);
  expect(await failure(device.settleLoss())).toBe(lost);
  expect(device.ledger.current).toBe(0);
});

it('a device that is lost during an allocation returns no buffers', async () => {
  const device = await Device.open(browserGpu());
  const allocation = failure(device.allocate([{ label: 'in between', bytes: 64, usage: USAGE }]));
  device.destroy();
  expect((await allocation).code).toBe('device-lost');
});

/** A command that the device must refuse: 65,536 workgroups along one axis, one more than is allowed. */
function dispatchTooMuch({ gpu }: Device): void {
  const code = '@compute @workgroup_size(1) fn main() {}';
  const pipeline = gpu.createComputePipeline({
    layout: 'auto',
    compute: { module: gpu.createShaderModule({ code }) },
  });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.dispatchWorkgroups(gpu.limits.maxComputeWorkgroupsPerDimension + 1);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
}

describe('a refused command', () => {
  it('is a typed error of the next read and of every later call', async () => {
    const device = await Device.open(browserGpu());
    const buffers = await device.allocate([
      { label: 'result', bytes: 16, usage: USAGE },
      { label: 'read back', bytes: 16, usage: READBACK_USAGE },
    ]);
    const [result, staging] = buffers as [GPUBuffer, GPUBuffer];
    const readback = new Readback(device, staging);
    dispatchTooMuch(device);
    const error = await failure(readback.read([{ buffer: result, bytes: 16 }]));
    expect(error).toMatchObject({ code: 'gpu-error', message: expect.stringContaining('65536') });
    expect(error.message).not.toContain('\n');
    expect(error.advice).toContain('Nothing that was computed since is saved');
    expect(() => device.check()).toThrow(error);
    expect(await failure(device.allocate([{ label: 'late', bytes: 16, usage: USAGE }]))).toBe(error);
    device.destroy();
    await device.lost;
    expect(() => device.check(), 'the first error stays').toThrow(error);
  });

  it('inside an error scope is left to the scope', async () => {
    const device = await Device.open(browserGpu());
    device.gpu.pushErrorScope('validation');
    dispatchTooMuch(device);
    expect(await device.gpu.popErrorScope()).not.toBeNull();
    await device.gpu.queue.onSubmittedWorkDone();
    device.check();
    device.destroy();
  });

  it('for lack of memory says so', async () => {
    const device = await Device.open(browserGpu());
    const error = new GPUOutOfMemoryError('no memory');
    device.gpu.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
    expect(await failure(device.settleLoss())).toMatchObject({ code: 'out-of-memory', cause: error });
    device.destroy();
  });
});
