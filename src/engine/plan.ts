/** A plan prepared for one device. Pipelines, uniforms and bind groups are made once and replayed. */
import { assert } from '../lib/assert';
import { type ArenaLayout, arenaRanks } from './arena';
import type { Device } from './device';
import { checkGrids, workgroups } from './grid';
import { kernelInterface, type PipelineCache, type UniformField } from './kernel';
import type { Dispatch, UniformValue } from './planner';
import { capacity, Dim, DimPart, type Extent, Scalar, type Tensor } from './tensor';

const UNIFORM_ALIGNMENT = 256;

/** Size of a plan's uniform buffer in bytes. */
export function uniformBytes(dispatches: readonly Dispatch[]): number {
  return dispatches.length * UNIFORM_ALIGNMENT;
}

/** Values of dims and scalars for one replay, by name. */
export type Values = Readonly<Record<string, number>>;
/** Buffers bound to a plan's slots, by label. */
export type Buffers = ReadonlyMap<string, GPUBuffer>;

interface Step {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly fields: ReadonlyMap<string, UniformField>;
}

export class Plan {
  private readonly uniforms: DataView<ArrayBuffer>;
  private written: Values | null = null;
  private readonly bindGroups = new Map<Buffers, GPUBindGroup[]>();
  private readonly ranks: readonly number[];

  private constructor(
    readonly device: Device,
    private readonly steps: readonly Step[],
    private readonly layout: ArenaLayout,
    /** The buffers that `shareArenas` sized, largest first. */
    private readonly arena: readonly GPUBuffer[],
    /** Holds at least `uniformBytes`. */
    private readonly uniformBuffer: GPUBuffer,
  ) {
    this.uniforms = new DataView(new ArrayBuffer(steps.length * UNIFORM_ALIGNMENT));
    this.ranks = arenaRanks(layout);
  }

  /** @throws LabError adapter-limits if a grid is larger than the device allows */
  static async make(
    cache: PipelineCache,
    dispatches: readonly Dispatch[],
    layout: ArenaLayout,
    arena: readonly GPUBuffer[],
    uniformBuffer: GPUBuffer,
  ): Promise<Plan> {
    checkGrids(dispatches, cache.device.limits);
    const steps = await Promise.all(
      dispatches.map(async (dispatch) => {
        const names = [...dispatch.bindings.keys(), 'params'];
        const { uniforms: fields } = kernelInterface(dispatch.variant);
        for (const name of fields.keys())
          assert(name in dispatch.uniforms, `no value for the uniform ${name} of ${dispatch.variant.source.name}`);
        const pipeline = await cache.pipeline(dispatch.variant, names);
        return { dispatch, pipeline, layout: cache.layout(dispatch.variant, names), fields };
      }),
    );
    return new Plan(cache.device, steps, layout, arena, uniformBuffer);
  }

  /**
   * The buffer of an activation. Its contents are valid after a replay of this plan, until the next replay of any
   * plan that shares the arena.
   */
  buffer(tensor: Tensor): GPUBuffer {
    const index = this.layout.buffers.get(tensor);
    assert(index !== undefined, `${tensor.label} is not in the arena`);
    return this.arena[this.ranks[index] as number] as GPUBuffer;
  }

  /** Writes the uniforms if the values changed. All dispatches of a submit see the same values. */
  prepare(values: Values): void {
    const written = this.written;
    if (written !== null && Object.keys(values).every((name) => values[name] === written[name])) return;
    this.steps.forEach(({ dispatch, fields }, i) => {
      for (const [name, field] of fields) {
        const value = resolve(dispatch.uniforms[name] as UniformValue, values);
        const offset = i * UNIFORM_ALIGNMENT + field.offset;
        if (field.type === 'f32') this.uniforms.setFloat32(offset, value, true);
        else if (field.type === 'u32') this.uniforms.setUint32(offset, value, true);
        else this.uniforms.setInt32(offset, value, true);
      }
    });
    this.device.gpu.queue.writeBuffer(this.uniformBuffer, 0, this.uniforms.buffer);
    this.written = values;
  }

  /** Makes the next `prepare` write again: another plan has written to the shared uniform buffer. */
  invalidate(): void {
    this.written = null;
  }

  /** Number of dispatches. */
  get length(): number {
    return this.steps.length;
  }

  /** Approximate floating-point operations of dispatch i. */
  flops(i: number, values: Values): number {
    const work = this.steps[i]?.dispatch.work;
    return work === undefined ? 0 : work.flops * size(work.extent, values);
  }

  /** Encodes the plan's dispatches, or those from `first` to `end`, into a pass. Call `prepare` before. */
  encode(pass: GPUComputePassEncoder, buffers: Buffers, values: Values, first = 0, end = this.steps.length): void {
    const groups = this.groups(buffers);
    for (let i = first; i < end; i++) {
      const { dispatch, pipeline } = this.steps[i] as Step;
      const [x = 1, y = 1, z = 1] = dispatch.grid.map((axis) => workgroups(axis, size(axis.extent, values)));
      if (x * y * z === 0) continue;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, groups[i] as GPUBindGroup);
      pass.dispatchWorkgroups(x, y, z);
    }
  }

  /** Drops the bind groups of buffers that are about to be freed. */
  forget(buffers: Buffers): void {
    this.bindGroups.delete(buffers);
  }

  private groups(buffers: Buffers): GPUBindGroup[] {
    const cached = this.bindGroups.get(buffers);
    if (cached !== undefined) return cached;
    const groups = this.steps.map(({ dispatch, layout }, i) => {
      const { bindings } = kernelInterface(dispatch.variant);
      const entries: GPUBindGroupEntry[] = [...dispatch.bindings].map(([name, { tensor, offset = 0, bytes }]) => {
        const buffer = tensor.kind === 'activation' ? this.buffer(tensor) : buffers.get(tensor.label);
        assert(buffer !== undefined, `${dispatch.variant.source.name}: no buffer for ${tensor.label}`);
        const binding = (bindings.get(name) as { index: number }).index;
        return { binding, resource: bytes === undefined ? { buffer, offset } : { buffer, offset, size: bytes } };
      });
      const params = (bindings.get('params') as { index: number }).index;
      entries.push({
        binding: params,
        resource: {
          buffer: this.uniformBuffer,
          offset: i * UNIFORM_ALIGNMENT,
          size: kernelInterface(dispatch.variant).uniformBytes,
        },
      });
      return this.device.gpu.createBindGroup({ label: dispatch.variant.source.name, layout, entries });
    });
    this.bindGroups.set(buffers, groups);
    return groups;
  }
}

function size(extent: Extent, values: Values): number {
  if (typeof extent === 'number') return extent;
  const value = values[extent.name];
  if (extent instanceof DimPart && value !== undefined) return Math.max(0, Math.min(value - extent.from, extent.most));
  assert(
    value !== undefined && value <= capacity(extent),
    `${extent.name} is ${value}, but the plan has room for ${extent.capacity}`,
  );
  return value;
}

function resolve(value: UniformValue, values: Values): number {
  if (typeof value === 'number') return value;
  if (value instanceof Dim) return size(value, values);
  const scalar = values[value.name];
  assert(scalar !== undefined, `no value for ${value.name}`);
  assert(value instanceof Scalar, 'a uniform must be a number, a dim or a scalar');
  return scalar;
}
