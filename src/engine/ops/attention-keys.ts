/** Attention for few rows: the keys are split over workgroups, and the results of the chunks are added up. */
import code from '../../../shaders/attention-keys.wgsl?raw';
import type { KeyValueAccess } from '../key-values';
import type { Planner } from '../planner';
import type { Extent, Tensor } from '../tensor';
import type { Heads } from './rope';

const source = { name: 'attention-keys', code };
/** Threads of a workgroup of `forward_merge`. */
const GROUP = 64;
/** Chunks that it reads at once. */
const READS = 4;
/** Most vec4s of values that a thread holds, and about as many of keys: with 8, GPUs run fewer threads at once. */
const MOST_HELD = 4;
/** Every device has room for so many threads in a workgroup. */
const MOST_THREADS = 256;
/** The fewest threads of a workgroup, if there is a choice. */
const LEAST_THREADS = 128;
/** Most queries that are computed at once. */
const MOST_BLOCK = 4;
/** Most vec4s of sums in a workgroup: 8 KiB, so that several workgroups fit into the memory of a core. */
const MOST_SUMS = 512;
/** The numbers of keys that a chunk may have. */
const CHUNKS = [64, 32, 16];
/** Most rows that share a chunk of their prefix. */
const SHARED_ROWS = 8;

/** Most keys that a row sees in each of its two ranges. */
export interface KeyCapacity {
  readonly prefix: number;
  readonly own: number;
}

/** Constants of attention-keys.wgsl. */
export interface KeySplit {
  /** Keys of a chunk. */
  readonly keys: number;
  /** Keys of a chunk whose values a thread holds. */
  readonly span: number;
  /** Queries that are computed at once. */
  readonly block: number;
  /** Most rows that share a chunk of their prefix. */
  readonly rows: number;
}

/**
 * The splits for heads of this shape that fill a workgroup, by name. The first needs the fewest rounds for a row. A
 * workgroup of `32 keys, shared` loads 32 keys of a prefix for all rows beside each other that have it.
 */
export function keySplits({ heads, kvHeads, headSize }: Heads): Readonly<Record<string, KeySplit>> {
  const width = headSize / 4;
  // In the products with the keys a thread takes part of one key, so there are at least as many threads as keys.
  const span = Math.min(MOST_HELD, 2 ** Math.floor(Math.log2(width)));
  const threads = (keys: number) => (keys / span) * width;
  const fitting = CHUNKS.filter((keys) => threads(keys) <= MOST_THREADS);
  const filling = fitting.filter((keys, i) => i === 0 || (i === 1 && threads(keys) >= LEAST_THREADS));
  const group = heads / kvHeads;
  const splits = filling.map((keys) => {
    const most = Math.min(MOST_BLOCK, Math.floor(MOST_SUMS / threads(keys)));
    const rounds = Math.ceil(group / most);
    // Rounds of equal size, so that few queries are computed in vain.
    return { keys, span, block: Math.ceil(group / rounds), rounds };
  });
  return Object.fromEntries(
    splits
      .sort((a, b) => a.rounds - b.rounds)
      .flatMap(({ keys, span, block }) => [
        [`${keys} keys, shared`, { keys, span, block: Math.max(block, 2), rows: SHARED_ROWS }],
        [`${keys} keys`, { keys, span, block, rows: 1 }],
      ]),
  );
}

export function keyConstants({ headSize }: Heads, { keys, span, block, rows }: KeySplit) {
  const width = headSize / 4;
  // Threads that share a key in the products with the keys.
  const pieces = Math.floor(width / span);
  const columns = Math.ceil(width / pieces);
  return { WIDTH: width, KEYS: keys, SPAN: span, COLUMNS: columns, BLOCK: block, ROWS: rows, GROUP, READS };
}

/** Chunks of the prefix and of the branch of a row. */
function chunkCounts({ prefix, own }: KeyCapacity, { keys }: KeySplit): { prefix: number; own: number } {
  return { prefix: Math.ceil(prefix / keys), own: Math.ceil(own / keys) };
}

/** Bytes of the largest binding: the results of all chunks. */
export function partialBytes(rows: number, { heads, headSize }: Heads, longest: KeyCapacity, split: KeySplit): number {
  const chunks = chunkCounts(longest, split);
  return (chunks.prefix + chunks.own) * rows * heads * headSize * 4;
}

interface KeyAttention {
  readonly q: Tensor;
  readonly kv: Tensor;
  readonly access: KeyValueAccess;
  readonly ranges: Tensor;
  readonly out: Tensor;
  readonly stats: Tensor;
  readonly rows: Extent;
  readonly window: number;
  readonly heads: Heads;
  readonly scale: number;
  readonly longest: KeyCapacity;
}

/** Writes `out` and `stats`, as the forward pass of attention.wgsl does. */
export function attendToKeys(p: Planner, o: KeyAttention, split: KeySplit): void {
  const { heads, kvHeads, headSize } = o.heads;
  const { q, kv, access, ranges, out, stats, rows, window, scale, longest } = o;
  const { libs } = access;
  const constants = keyConstants(o.heads, split);
  const { prefix: prefixChunks, own } = chunkCounts(longest, split);
  const chunks = prefixChunks + own;
  const partial = p.activation('attention to chunks', [chunks, rows, heads * headSize]);
  const level = p.activation('levels of chunks', [chunks, rows, heads * 2]);
  const uniforms = { rows, heads, kvHeads, window, scale, prefixChunks, chunks };
  const terms = longest.prefix + longest.own;
  p.emit({
    variant: { source, entry: 'forward_keys', libs, constants },
    bindings: { q, kv, ranges, partial, level },
    uniforms,
    grid: [kvHeads, chunks, { extent: rows, per: 1 }],
    work: { extent: rows, flops: 4 * terms * heads * headSize, keys: terms, sum: { terms, inTurn: split.keys } },
  });
  p.emit({
    variant: { source, entry: 'forward_merge', libs, constants },
    bindings: { ranges, partial, level, out, stats },
    uniforms,
    grid: [{ extent: rows, scale: heads * constants.WIDTH, per: GROUP }],
  });
}
