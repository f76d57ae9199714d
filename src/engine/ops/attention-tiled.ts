/** Attention for many rows: tiles of rows and keys in workgroup memory, forward and backward. */
import code from '../../../shaders/attention-tiled.wgsl?raw';
import type { KeyValueAccess } from '../key-values';
import type { Planner, UniformValue } from '../planner';
import { capacity, type Extent, partOf, type Tensor } from '../tensor';
import type { Heads } from './rope';

const source = { name: 'attention-tiled', code };

export type AttentionEntry = 'forward' | 'backward_q' | 'backward_kv';

/** Threads of a workgroup, across × down, and the number of other items that each computes products with. */
interface Tile {
  readonly across: number;
  readonly down: number;
  readonly each: number;
}

/** Own items of a thread. */
const OWN = 4;
/** Most vec4s of an item in a slice of the products. */
const MOST_SLICE = 8;
/** Most vec4s of items at once while sums are computed: 4 KiB. */
const MOST_STAGED = 256;

/**
 * The tile for heads of so many vec4s. A thread holds at most 64 sums, for which GPUs have enough registers.
 * `backward_kv` has two sums.
 */
function tileOf(entry: AttentionEntry, width: number): Tile {
  if (entry === 'backward_kv' && width <= 16) return { across: 16, down: 8, each: 2 };
  if (entry !== 'backward_kv' && width <= 32) return { across: 16, down: 16, each: 2 };
  return { across: 32, down: 8, each: 1 };
}

/** Constants of attention-tiled.wgsl. */
export function tileConstants(entry: AttentionEntry, { heads, kvHeads, headSize }: Heads) {
  const width = headSize / 4;
  const { across, down, each } = tileOf(entry, width);
  const columns = Math.ceil(width / across);
  return {
    WIDTH: width,
    G: heads / kvHeads,
    ACROSS: across,
    DOWN: down,
    EACH: each,
    COLUMNS: columns,
    SLICE: Math.ceil(width / Math.ceil(width / MOST_SLICE)),
    STAGE: Math.min(across * each, 2 ** Math.floor(Math.log2(MOST_STAGED / (columns * across)))),
  };
}

interface TiledPass {
  /** Rows in `forward` and `backward_q`, keys in `backward_kv`. */
  readonly own: Extent;
  /** Floating-point operations for each of them. */
  readonly flops: number;
  /** The mean number of keys of a row that `flops` assumes. */
  readonly keys: number;
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, UniformValue>>;
}

/** Emits a kernel of attention-tiled.wgsl, in as many dispatches as `p.mostFlops` asks for. */
export function emitTiles(
  p: Planner,
  entry: AttentionEntry,
  of: Heads,
  { libs }: KeyValueAccess,
  pass: TiledPass,
): void {
  const { own, flops, keys, bindings, uniforms } = pass;
  const constants = tileConstants(entry, of);
  const tile = OWN * constants.DOWN;
  const scale = entry === 'backward_kv' ? 1 : constants.G;
  const most = tile * Math.max(1, Math.floor(p.mostFlops / (flops * tile)));
  for (let first = 0; first < capacity(own); first += most) {
    const extent = most < capacity(own) ? partOf(own, first, most) : own;
    p.emit({
      variant: { source, entry, libs, constants },
      bindings,
      uniforms: { rows: own, ...uniforms, first, width: constants.WIDTH },
      grid: [{ extent, scale, per: tile }, of.kvHeads],
      work: { extent, flops, keys },
    });
  }
}
