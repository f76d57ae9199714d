import code from '../../../shaders/attention-tiled.wgsl?raw';
import type { KernelVariant } from '../kernel';
import type { GridAxis } from '../planner';
import type { Extent } from '../tensor';
import type { Heads } from './rope';

const source = { name: 'attention-tiled', code };

export type AttentionEntry = 'forward' | 'backward_q' | 'backward_kv';

/** Threads of a workgroup, across × down, and the number of other items that each computes products with. */
interface Tile {
  readonly across: number;
  readonly down: number;
  readonly each: number;
}

/**
 * The tile for a head of so many vec4s. A thread holds at most 16 vec4s of sums, for which real compilers need at most
 * 128 registers; `backward_kv` has two sums.
 */
function tileOf(entry: AttentionEntry, width: number): Tile {
  if (entry === 'backward_kv' && width <= 16) return { across: 16, down: 8, each: 2 };
  if (entry !== 'backward_kv' && width <= 32) return { across: 16, down: 16, each: 2 };
  return { across: 32, down: 8, each: 1 };
}

/** Most vec4s of an item in a slice of the products, and of items at once while sums are computed. */
const MOST_SLICE = 8;
const MOST_STAGED = 256;

/** The kernel and its grid over `own` items: rows in `forward` and `backward_q`, keys in `backward_kv`. */
export function tiled(
  entry: AttentionEntry,
  { heads, kvHeads, headSize }: Heads,
  own: Extent,
): { readonly variant: KernelVariant; readonly grid: readonly (GridAxis | number)[] } {
  const width = headSize / 4;
  const { across, down, each } = tileOf(entry, width);
  const group = heads / kvHeads;
  const columns = Math.ceil(width / across);
  const constants = {
    WIDTH: width,
    G: group,
    ACROSS: across,
    DOWN: down,
    EACH: each,
    COLUMNS: columns,
    SLICE: Math.ceil(width / Math.ceil(width / MOST_SLICE)),
    STAGE: Math.min(across * each, 2 ** Math.floor(Math.log2(MOST_STAGED / (columns * across)))),
  };
  return {
    variant: { source, entry, libs: [], constants },
    grid: [{ extent: own, scale: entry === 'backward_kv' ? 1 : group, per: 4 * down }, kvHeads],
  };
}
