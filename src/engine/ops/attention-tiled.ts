import code from '../../../shaders/attention-tiled.wgsl?raw';
import type { KernelVariant } from '../kernel';
import type { GridAxis } from '../planner';
import type { Extent } from '../tensor';
import type { Heads } from './rope';

const source = { name: 'attention-tiled', code };

export type AttentionEntry = 'forward' | 'backward_q' | 'backward_kv';

/** Threads of a workgroup, across × down, and the number of other items that each computes products with. */
export interface Tile {
  readonly across: number;
  readonly down: number;
  readonly each: number;
}

/** Most vec4s of an item in a slice of the products, and room for items while sums are computed, in vec4s. */
const MOST_SLICE = 8;
const ROOM = 256;

/** The kernel and its grid over `own` items: rows in `forward` and `backward_q`, keys in `backward_kv`. */
export function tiled(
  entry: AttentionEntry,
  { across, down, each }: Tile,
  { heads, kvHeads, headSize }: Heads,
  own: Extent,
): { readonly variant: KernelVariant; readonly grid: readonly (GridAxis | number)[] } {
  const width = headSize / 4;
  const group = heads / kvHeads;
  const constants = {
    WIDTH: width,
    G: group,
    ACROSS: across,
    DOWN: down,
    EACH: each,
    COLUMNS: Math.ceil(width / across),
    SLICE: Math.ceil(width / Math.ceil(width / MOST_SLICE)),
    STAGE: Math.min(across * each, 2 ** Math.floor(Math.log2(ROOM / width))),
  };
  return {
    variant: { source, entry, libs: [], constants },
    grid: [{ extent: own, scale: entry === 'backward_kv' ? 1 : group, per: 4 * down }, kvHeads],
  };
}
