/**
 * Memory of a plan's activations: buffers that are shared by lifetime. Their sizes are known before anything is
 * allocated.
 */
import { bufferBytes } from './device';
import type { Dispatch } from './planner';
import { bytes, type Tensor } from './tensor';

export interface ArenaLayout {
  /** Index of the buffer that holds each activation. */
  readonly buffers: ReadonlyMap<Tensor, number>;
  /** Size of each buffer in bytes. */
  readonly sizes: readonly number[];
}

/**
 * Best fit over lifetimes: an activation takes the smallest free buffer that holds it, otherwise the largest free
 * one, which grows. Activations share whole buffers rather than ranges of one buffer, because WebGPU does not allow a
 * dispatch to read and write the same buffer.
 */
export function layoutArena(dispatches: readonly Dispatch[], kept: readonly Tensor[] = []): ArenaLayout {
  const last = new Map<Tensor, number>();
  dispatches.forEach((dispatch, i) => {
    for (const { tensor } of dispatch.bindings.values()) if (tensor.kind === 'activation') last.set(tensor, i);
  });
  for (const tensor of kept) if (tensor.kind === 'activation') last.set(tensor, Number.POSITIVE_INFINITY);

  const sizes: number[] = [];
  const free = new Set<number>();
  const buffers = new Map<Tensor, number>();
  dispatches.forEach((dispatch, i) => {
    const used = new Set(
      [...dispatch.bindings.values()].map(({ tensor }) => tensor).filter((tensor) => tensor.kind === 'activation'),
    );
    for (const tensor of used) {
      if (buffers.has(tensor)) continue;
      const need = bufferBytes(bytes(tensor));
      let best: number | undefined;
      for (const candidate of free) {
        if (best === undefined) best = candidate;
        else {
          const [a, b] = [sizes[candidate] as number, sizes[best] as number];
          const better = a >= need ? b < need || a < b : b < need && a > b;
          if (better) best = candidate;
        }
      }
      if (best === undefined) best = sizes.push(0) - 1;
      free.delete(best);
      sizes[best] = Math.max(sizes[best] as number, need);
      buffers.set(tensor, best);
    }
    for (const tensor of used) if (last.get(tensor) === i) free.add(buffers.get(tensor) as number);
  });
  return { buffers, sizes };
}

/**
 * One set of buffers for plans that never run at the same time: the i-th largest buffer of each plan uses the i-th
 * largest of the set. Contents do not survive from one plan to the next.
 */
export function shareArenas(layouts: readonly ArenaLayout[]): number[] {
  const shared: number[] = [];
  for (const layout of layouts) {
    [...layout.sizes]
      .sort((a, b) => b - a)
      .forEach((size, i) => {
        shared[i] = Math.max(shared[i] ?? 0, size);
      });
  }
  return shared;
}

/** For each buffer of a layout, the index of its shared buffer in the result of `shareArenas`. */
export function arenaRanks(layout: ArenaLayout): number[] {
  const order = layout.sizes
    .map((_, i) => i)
    .sort((a, b) => (layout.sizes[b] as number) - (layout.sizes[a] as number));
  const ranks: number[] = [];
  order.forEach((buffer, rank) => {
    ranks[buffer] = rank;
  });
  return ranks;
}
