/** A planned workspace on a device: buffers, compiled plans, and what reads and paces them. */
import type { Device } from '../engine/device';
import { checkGrids } from '../engine/grid';
import type { PipelineCache } from '../engine/kernel';
import { Pace } from '../engine/pace';
import { type Buffers, Plan } from '../engine/plan';
import { READBACK_USAGE, Readback } from '../engine/readback';
import type { TensorFile } from '../formats/tensor-file';
import { LabError } from '../lib/errors';
import { loadWeights } from '../model/load-weights';
import { ropeTable } from '../model/rope-table';
import {
  type Allocation,
  GENERATION_PLANS,
  PLAN_NAMES,
  type PlanName,
  TRAINING_PLANS,
  type TrainingPlan,
  type WorkspacePlan,
} from './workspace-plan';

export class Workspace {
  private constructor(
    readonly device: Device,
    readonly plan: WorkspacePlan,
    readonly prefill: Plan,
    readonly decode: Plan,
    /**
     * The other plans. They compile while the first candidates are generated, so that a run starts sooner. Rejects if
     * the device is lost.
     */
    readonly training: Promise<Readonly<Record<TrainingPlan, Plan>>>,
    /** Buffers of all slots, without an adapter. */
    readonly bare: Buffers,
    /** Buffers of all slots, with each adapter. */
    private readonly byAdapter: ReadonlyMap<string, Buffers>,
    /** The first one reads anything; both read the tokens of decode steps. */
    readonly readbacks: readonly [Readback, Readback],
    readonly pace: Pace,
  ) {}

  /** @throws LabError adapter-limits, out-of-memory, device-lost, bad-file */
  static async make(
    device: Device,
    cache: PipelineCache,
    plan: WorkspacePlan,
    file: TensorFile,
    onProgress?: (done: number, total: number) => void,
  ): Promise<Workspace> {
    const { spec } = plan;
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const usage = ({ label }: Allocation) => {
      if (label.startsWith('staging')) return READBACK_USAGE;
      return label.startsWith('uniforms ') ? GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST : storage;
    };
    // Before the weights are loaded, which takes long.
    for (const name of PLAN_NAMES) checkGrids(plan.dispatches[name], device.limits);
    const compile = (names: readonly PlanName[]) =>
      Promise.all(names.flatMap((name) => plan.dispatches[name].map((dispatch) => cache.prepare(dispatch))));
    // Pipelines compile while the weights load.
    const compiling = compile(GENERATION_PLANS);
    compiling.catch(() => {});
    const allocated = await device.allocate(
      plan.allocations.map((a) => ({ label: a.part, bytes: a.bytes, usage: usage(a) })),
    );
    const buffers = new Map(plan.allocations.map(({ label }, i) => [label, allocated[i] as GPUBuffer]));
    try {
      for (const [label, buffer] of await loadWeights(device, file, spec.weights, onProgress))
        buffers.set(label, buffer);
      await compiling;
      const { config } = spec.weights.model;
      const table = ropeTable(config, plan.positions);
      device.gpu.queue.writeBuffer(buffers.get('ropeTable') as GPUBuffer, 0, table);
      const arena = plan.arenaSizes.map((_, i) => buffers.get(`arena ${i}`) as GPUBuffer);
      const make = (name: PlanName): Promise<Plan> => {
        const uniforms = buffers.get(plan.dispatches[name].length > 0 ? `uniforms ${name}` : 'none') as GPUBuffer;
        return Plan.make(cache, plan.dispatches[name], plan.arenas[name], arena, uniforms);
      };
      const [prefill, decode] = await Promise.all([make('prefill'), make('decode')]);
      const training = compile(TRAINING_PLANS).then(async () => ({
        scoring: await make('scoring'),
        gradient: await make('gradient'),
        update: await make('update'),
        verdict: await make('verdict'),
      }));
      // Whoever needs a plan gets the error.
      training.catch(() => {});
      const byAdapter = new Map(
        spec.adapters.map((name) => [
          name,
          new Map(buffers).set('adapter', buffers.get(`adapter ${name}`) as GPUBuffer),
        ]),
      );
      return new Workspace(
        device,
        plan,
        prefill,
        decode,
        training,
        buffers,
        byAdapter,
        [
          new Readback(device, buffers.get('staging') as GPUBuffer),
          new Readback(device, buffers.get('staging of tokens') as GPUBuffer),
        ],
        new Pace(device),
      );
    } catch (error) {
      for (const buffer of buffers.values()) device.free(buffer);
      throw error;
    }
  }

  get readback(): Readback {
    return this.readbacks[0];
  }

  buffer(label: string): GPUBuffer {
    const buffer = this.bare.get(label);
    if (buffer === undefined) throw new Error(`the workspace has no buffer ${label}`);
    return buffer;
  }

  /** Buffers of all slots with this adapter. Switching adapters means using another map. */
  slots(adapter: string): Buffers {
    const buffers = this.byAdapter.get(adapter);
    if (buffers === undefined) throw new Error(`the workspace has no adapter ${adapter}`);
    return buffers;
  }

  write(label: string, data: Uint32Array | Float32Array, offset = 0): void {
    const buffer = this.buffer(label);
    if (offset + data.byteLength > buffer.size)
      throw new LabError(
        'batch-limit',
        `${label}: ${offset + data.byteLength} bytes do not fit its buffer of ${buffer.size} bytes.`,
        'Nothing was written. Use a smaller batch, or an adapter of this layout.',
      );
    if (data.byteLength > 0) this.device.gpu.queue.writeBuffer(buffer, offset, data);
  }

  dispose(): void {
    for (const buffer of new Set(this.bare.values())) this.device.free(buffer);
  }
}
