/** Plans, runs and reads back a computation that is needed once, on buffers of its own. */
import { layoutArena, shareArenas } from './arena';
import type { Device } from './device';
import type { PipelineCache } from './kernel';
import { type Buffers, Plan, uniformBytes } from './plan';
import { Planner } from './planner';
import { READBACK_USAGE, Readback } from './readback';
import { bytes, type Tensor } from './tensor';
import { type Tuning, tuningOf } from './tuning';

/**
 * @param build plans the computation, and returns the tensor to read
 * @param slots contents of the slots, by label. A slot without contents is zero
 * @throws LabError out-of-memory, device-lost, gpu-error
 */
export async function runOnce(
  device: Device,
  cache: PipelineCache,
  build: (p: Planner) => Tensor,
  slots: Readonly<Record<string, Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>>,
  tuning: Tuning = tuningOf(device),
): Promise<ArrayBuffer> {
  const p = new Planner(tuning);
  const result = build(p);
  const { dispatches } = p;
  const layout = layoutArena(dispatches, [result]);
  const named = new Map<string, Tensor>();
  for (const { bindings } of dispatches)
    for (const { tensor } of bindings.values()) if (tensor.kind === 'slot') named.set(tensor.label, tensor);
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const uniform = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const allocated = await device.allocate([
    { label: 'uniforms', bytes: uniformBytes(dispatches), usage: uniform },
    { label: 'read back', bytes: bytes(result), usage: READBACK_USAGE },
    ...[...named.values()].map((tensor) => ({ label: tensor.label, bytes: bytes(tensor), usage: storage })),
    ...shareArenas([layout]).map((size) => ({ label: 'arena', bytes: size, usage: storage })),
  ]);
  try {
    const [uniforms, staging, ...rest] = allocated as [GPUBuffer, GPUBuffer, ...GPUBuffer[]];
    const buffers: Buffers = new Map([...named.keys()].map((label, i) => [label, rest[i] as GPUBuffer]));
    for (const [label, data] of Object.entries(slots))
      device.gpu.queue.writeBuffer(buffers.get(label) as GPUBuffer, 0, data);
    const plan = await Plan.make(cache, dispatches, layout, rest.slice(named.size), uniforms);
    plan.prepare({});
    const encoder = device.gpu.createCommandEncoder({ label: 'once' });
    const pass = encoder.beginComputePass({ label: 'once' });
    plan.encode(pass, buffers, {});
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    const buffer = result.kind === 'slot' ? (buffers.get(result.label) as GPUBuffer) : plan.buffer(result);
    const [read] = await new Readback(device, staging).read([{ buffer, bytes: bytes(result) }]);
    return read as ArrayBuffer;
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}
