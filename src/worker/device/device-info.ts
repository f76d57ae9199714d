import { browserGpu, Device } from '../../engine/device';
import { measureSpeed } from '../../engine/device-speed';
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

/** A device below this speed is called slow: the smaller recipe is offered for it first. Operations per second. */
const SLOW = 300e9;

/** Opens a device, measures its limits, and closes it again. @throws LabError no-webgpu, adapter-limits */
export async function measureDevice(): Promise<DeviceInfo> {
  const device = await Device.open(browserGpu());
  try {
    const speed = await measureSpeed(device);
    return {
      name: device.name,
      kind: device.isSoftware ? 'software' : speed.flops < SLOW ? 'slow' : 'fast',
      speed,
      features: [...device.gpu.features].sort(),
      maxBufferSize: device.limits.maxBufferSize,
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
    };
  } finally {
    device.destroy();
  }
}
