/**
 * Predicts how long a plan takes, from what it moves and computes and from the measured limits of the device:
 *
 *   seconds = Σ over dispatches of (cost + max(bytes ÷ (bandwidth · e), flops ÷ (rate · f)) ÷ share)
 *
 * e and f are the kernel's efficiencies. `share` is below 1 for a dispatch of few workgroups, which cannot use the
 * whole device: the rate that so many workgroups reach, as a share of the whole. docs/decisions/cost-model.md says
 * what the model assumes and how far it is off.
 */
import type { DeviceSpeed } from '../records/device';
import type { KernelVariant } from './kernel';
import type { Values } from './plan';
import type { Dispatch } from './planner';
import { type BoundTensor, bytes, DimPart, type Extent } from './tensor';

/** What a replay computes on. */
export interface Replay {
  /** At least the dims. */
  readonly values: Values;
  /** Mean number of keys that a row attends to. */
  readonly keys: number;
  /** Bytes that are read of a slot, where a replay reads only a part of it. By the slot's label. */
  readonly slotBytes?: ((label: string) => number | null) | undefined;
}

export interface Counts {
  /** Bytes of all bindings, each once. */
  readonly bytes: number;
  readonly flops: number;
  /** With the rows that only fill the tile of a thread. */
  readonly paddedFlops: number;
  readonly workgroups: number;
}

/** The counts of one replay of a dispatch. */
export function countDispatch(
  { variant, bindings, grid, work }: Dispatch,
  { values, keys, slotBytes }: Replay,
): Counts {
  const workgroups = grid.reduce(
    (product, { extent, per, scale = 1 }) => product * Math.ceil((sizeOf(extent, values) * scale) / per),
    1,
  );
  const size = sizeOf(work.extent, values);
  const axis = grid.find(({ extent }) => extent === work.extent);
  // A thread computes all rows of its tile, and threads that share tiles or sums all rows of their workgroup.
  const shared = /_(tiled|split|gated|normed)$/.test(variant.entry);
  const tile = axis === undefined ? 1 : shared ? axis.per : Number(variant.constants.TILE_ROWS ?? 1);
  const flops = work.keys === undefined ? work.flops : work.flops * (keys / work.keys);
  const bytesOf = (name: string): number => {
    const bound = bindings.get(name);
    if (bound === undefined) return 0;
    const part = bound.tensor.kind === 'slot' ? (slotBytes?.(bound.tensor.label) ?? null) : null;
    return part ?? boundBytes(bound, values);
  };
  let bytes = 0;
  for (const name of bindings.keys()) {
    // A look-up reads as many rows of the table as it writes.
    const looksUp = variant.source.name === 'embedding' && name === 'weight';
    bytes += looksUp ? Math.min(bytesOf(name), bytesOf('out')) : bytesOf(name);
  }
  return { bytes, flops: flops * size, paddedFlops: flops * Math.ceil(size / tile) * tile, workgroups };
}

/**
 * Seconds that no implementation of the plan can beat on this device: every slot read once, or every operation
 * computed, whichever takes longer.
 */
export function limitSeconds(dispatches: readonly Dispatch[], replay: Replay, speed: DeviceSpeed): number {
  const slots = new Map<string, number>();
  let flops = 0;
  for (const dispatch of dispatches) {
    flops += countDispatch(dispatch, replay).flops;
    if (dispatch.variant.source.name === 'embedding') continue;
    for (const bound of dispatch.bindings.values()) {
      const { tensor, offset = 0 } = bound;
      if (tensor.kind !== 'slot') continue;
      slots.set(`${tensor.label} ${offset}`, replay.slotBytes?.(tensor.label) ?? boundBytes(bound, replay.values));
    }
  }
  const bytes = [...slots.values()].reduce((sum, size) => sum + size, 0);
  return Math.max(bytes / speed.bandwidth, flops / speed.flops);
}

/** Predicted seconds of one replay. @param software whether the adapter has no GPU */
export function predictSeconds(
  dispatches: readonly Dispatch[],
  replay: Replay,
  speed: DeviceSpeed,
  software: boolean,
): number {
  let seconds = 0;
  for (const dispatch of dispatches) {
    const { bytes, paddedFlops, workgroups } = countDispatch(dispatch, replay);
    if (workgroups === 0) continue;
    const efficiency = efficiencyOf(dispatch.variant, software);
    const share = Math.min(1, (workgroups * speed.groupFlops) / speed.flops);
    const moved = bytes / (speed.bandwidth * efficiency.bandwidth);
    const computed = paddedFlops / (speed.flops * efficiency.flops);
    seconds += speed.dispatch + Math.max(moved, computed) / share;
  }
  return seconds;
}

/** The shares of the bandwidth and of the rate that a kernel reaches. */
interface Efficiency {
  readonly bandwidth: number;
  readonly flops: number;
}

/** A kernel that has not been measured on software adapters. */
const UNKNOWN: Efficiency = { bandwidth: 0.3, flops: 0.06 };

/** No kernel has been measured on a GPU. These are the shares that kernels of their kind usually reach. */
const HARDWARE: Efficiency = { bandwidth: 0.7, flops: 0.5 };

/**
 * CPU time on SwiftShader and llvmpipe, whose shares agree within a third (docs/decisions/cost-model.md). Loads
 * dominate there: a vec4 from a buffer costs as much as dozens of multiply-adds. By kernel, or by all kernels of a
 * shader.
 */
const SOFTWARE: Readonly<Record<string, Efficiency>> = {
  linear: { bandwidth: 1, flops: 0.075 },
  'linear of blocks': { bandwidth: 1, flops: 0.13 },
  lora: { bandwidth: 1, flops: 0.065 },
  'attention.forward': { bandwidth: 1, flops: 0.034 },
  attention: { bandwidth: 1, flops: 0.055 },
  adamw: { bandwidth: 0.45, flops: 1 },
  embedding: { bandwidth: 0.15, flops: 1 },
  glu: { bandwidth: 0.6, flops: 1 },
  logprob: { bandwidth: 0.25, flops: 1 },
  rmsnorm: { bandwidth: 0.35, flops: 1 },
  rope: { bandwidth: 0.2, flops: 1 },
  // It also computes an exponential of each logit.
  sample: { bandwidth: 0.085, flops: 1 },
};

function efficiencyOf({ source, entry, constants }: KernelVariant, software: boolean): Efficiency {
  if (!software) return HARDWARE;
  // Weights in blocks need fewer loads.
  if (source.name === 'linear' && Number(constants.RUN) > 1) return SOFTWARE['linear of blocks'] ?? UNKNOWN;
  return SOFTWARE[`${source.name}.${entry}`] ?? SOFTWARE[source.name] ?? UNKNOWN;
}

export function boundBytes({ tensor, bytes: bound }: BoundTensor, values: Values): number {
  return bound ?? bytes(tensor, (extent) => sizeOf(extent, values));
}

/** The length of an extent in a replay. The capacity, if the replay does not say. */
export function sizeOf(extent: Extent, values: Values): number {
  if (typeof extent === 'number') return extent;
  const value = values[extent.name];
  if (value === undefined) return extent.capacity;
  return extent instanceof DimPart ? Math.max(0, Math.min(value - extent.from, extent.most)) : value;
}
