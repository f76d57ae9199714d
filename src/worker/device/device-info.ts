import { layoutArena, shareArenas } from '../../engine/arena';
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { linear } from '../../engine/ops/linear';
import { Plan, uniformBytes } from '../../engine/plan';
import { Planner } from '../../engine/planner';
import { bytes } from '../../engine/tensor';
import { UNTUNED } from '../../engine/tuning';
import type { DeviceInfo } from '../../records/device';
import type { DeviceTraits } from '../../training/recipe-plan';

/** The largest buffers that a device can allocate and bind, in bytes. */
export type PlanningLimits = Pick<DeviceInfo, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

/** The properties of a device that decide whether a model fits. */
export interface PlanningDevice {
  readonly traits: DeviceTraits;
  readonly limits: PlanningLimits;
}

/** For planning only: it names no kernels, which take no memory. */
export const planningTraits = ({
  maxStorageBufferBindingSize,
  kind,
}: Pick<DeviceInfo, 'maxStorageBufferBindingSize' | 'kind'>): DeviceTraits => ({
  maxStorageBufferBindingSize,
  expandWeights: kind === 'software',
  tuning: { ...UNTUNED, software: kind === 'software' },
});

/** Rows and columns of the matrices that are multiplied. */
const SIDE = 256;
const FLOPS = 2 * SIDE ** 3;
/** A device below this speed is called slow: the smaller recipe is offered for it first. Gflop/s. */
const SLOW = 100;
/** The time to measure for: long enough to be exact, short enough for a first visit. Milliseconds. */
const MEASURED_MS = 60;

/** Opens a device, times a matrix product on it, and closes it again. @throws LabError no-webgpu, adapter-limits */
export async function measureDevice(): Promise<DeviceInfo> {
  const device = await Device.open(browserGpu());
  try {
    const gflops = await measureMatmul(device);
    return {
      name: device.name,
      kind: device.isSoftware ? 'software' : gflops < SLOW ? 'slow' : 'fast',
      gflops,
      features: [...device.gpu.features].sort(),
      maxBufferSize: device.limits.maxBufferSize,
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
    };
  } finally {
    device.destroy();
  }
}

/**
 * Speed of the engine's f32 matrix product in Gflop/s. The first product is not timed because it compiles the kernel.
 */
async function measureMatmul(device: Device): Promise<number> {
  const planner = new Planner({ ...UNTUNED, software: device.isSoftware });
  const inp = planner.slot('inp', [SIDE, SIDE]);
  const stored = planner.slot('weight', [SIDE * SIDE]);
  const part = { first: 0, end: SIDE, storage: 'f32', bound: { tensor: stored } } as const;
  const out = linear(planner, { inp, weight: { label: 'weight', rows: SIDE, cols: SIDE, parts: [part] } });
  const { dispatches } = planner;
  const layout = layoutArena(dispatches, [out]);
  const sizes = shareArenas([layout]);
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const named = [inp, stored, planner.none];
  const [uniforms, ...rest] = await device.allocate([
    { label: 'uniforms', bytes: uniformBytes(dispatches), usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST },
    ...named.map((tensor) => ({ label: tensor.label, bytes: bytes(tensor), usage: storage })),
    ...sizes.map((size) => ({ label: 'arena', bytes: size, usage: storage })),
  ]);
  if (!uniforms) return 0;
  const buffers = new Map(named.flatMap(({ label }, i) => (rest[i] ? [[label, rest[i]] as const] : [])));
  const plan = await Plan.make(new PipelineCache(device), dispatches, layout, rest.slice(named.length), uniforms);
  plan.prepare({});
  const time = async (times: number): Promise<number> => {
    const begun = performance.now();
    const encoder = device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < times; i++) plan.encode(pass, buffers, {});
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    await device.gpu.queue.onSubmittedWorkDone();
    return performance.now() - begun;
  };
  await time(1);
  const once = await time(1);
  const times = Math.max(1, Math.min(200, Math.round(MEASURED_MS / Math.max(once, 0.1))));
  const milliseconds = Math.min(await time(times), await time(times));
  device.check();
  return (FLOPS * times) / milliseconds / 1e6;
}
