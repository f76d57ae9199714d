import code from '../../../shaders/attention.wgsl?raw';
import { assert } from '../../lib/assert';
import { type KeyValueAccess, type KeyValueType, keyValueAccess } from '../key-values';
import type { Measured, Planner } from '../planner';
import { checkRowInput, checkShape, matrixShape } from '../shapes';
import { capacity, type Extent, type Tensor } from '../tensor';
import { rowClass, type Variant } from '../tuning';
import { attendToKeys, type KeyCapacity, type KeySplit, keySplits, partialBytes } from './attention-keys';
import { type AttentionEntry, emitTiles } from './attention-tiled';
import { checkHeads, type Heads } from './rope';

const source = { name: 'attention', code };
const GROUP = 64;

export interface Attention {
  /** [N, H·D] */
  readonly q: Tensor;
  /** [R, 2·KV·D]: keys, then values, in f32 or f16. */
  readonly kv: Tensor;
  /** u32 [N, 4]: prefix, prefixEnd, own, ownEnd: the two ranges of key rows that a row sees. */
  readonly ranges: Tensor;
  /**
   * u32 [R, 4]: own, ownEnd, dependent, dependentEnd: the two ranges of rows that a key row is visible to. Only the
   * backward pass reads it.
   */
  readonly visibleTo: Tensor | null;
  /** Number of keys that a row sees, the last ones. Null: all of them. */
  readonly window: number | null;
  readonly heads: Heads;
  readonly scale: number;
  /** Most keys that a row sees in each of its ranges. By default all of `kv`. */
  readonly longest?: KeyCapacity | undefined;
  /** Keys that a row sees on average, for the estimate of work. By default those of a prefix and half a branch. */
  readonly keys?: number | undefined;
}

const UNBOUNDED = 0xffffffff;

/** Returns [N, H·D]. */
export function attention(p: Planner, inputs: Attention): Tensor {
  const { q, kv, ranges, visibleTo, window, heads: of, scale } = inputs;
  const { heads, kvHeads, headSize } = of;
  checkHeads('attention', of);
  const { rows } = matrixShape('attention', q);
  const access = keyValueAccess('attention', kv);
  const { rows: keys } = matrixShape('attention', kv, access.dtype);
  checkShape('attention', q, [rows, heads * headSize]);
  checkShape('attention', kv, [keys, 2 * kvHeads * headSize], access.dtype);
  checkRowInput('attention', ranges, rows, 4);
  if (visibleTo !== null) checkRowInput('attention', visibleTo, keys, 4);
  const longest = inputs.longest ?? { prefix: capacity(keys), own: capacity(keys) };
  checkLongest(longest, capacity(keys));
  const out = p.activation('attention', [rows, heads * headSize], q.requiresGrad);
  const stats = p.activation('attention stats', [rows, heads * 2]);
  const uniforms = { heads, kvHeads, window: window ?? UNBOUNDED, scale };
  const seen = Math.min(inputs.keys ?? longest.prefix + longest.own / 2, uniforms.window);
  /** @param products number of products of a row's head with each of its keys */
  const emit = (
    entry: AttentionEntry,
    tiled: boolean,
    own: Extent,
    products: number,
    bindings: Readonly<Record<string, Tensor>>,
  ) => {
    const flops = 2 * products * seen * heads * headSize;
    if (tiled) emitTiles(p, entry, of, access, { own, flops, keys: seen, bindings, uniforms });
    else
      p.emit({
        variant: { source, entry, libs: access.libs, constants: { WIDTH: headSize / 4, GROUP } },
        bindings,
        uniforms: { rows: own, ...uniforms },
        grid: [{ extent: own, scale: entry === 'backward_kv' ? kvHeads : heads, per: GROUP }],
        work: { extent: own, flops, keys: seen },
      });
  };
  const { split, tiled } = forwardVariant(p, of, access, rows, window, longest);
  if (split !== undefined)
    attendToKeys(p, { ...inputs, access, out, stats, rows, window: uniforms.window, longest }, split);
  else emit('forward', tiled === true, rows, 2, { q, kv, ranges, out, stats, ...(tiled && { dout: p.none }) });
  p.record(out, () => {
    assert(visibleTo !== null, 'attention: the backward pass needs `visibleTo`');
    const dout = p.grad(out);
    checkShape('attention backward', dout, [rows, heads * headSize]);
    const { grad: dq } = p.contribute(q);
    const { grad: dkv } = p.contribute(kv);
    const backward = backwardVariant(p, of, rows);
    emit('backward_q', backward.tiled, rows, 3, { q, kv, ranges, out, stats, dout, dq });
    emit('backward_kv', backward.tiled, keys, 4, { q, kv, ranges, stats, dout, visibleTo, dkv });
  });
  return out;
}

function checkLongest({ prefix, own }: KeyCapacity, keys: number): void {
  assert(
    [prefix, own].every((length) => Number.isInteger(length) && length >= 0 && length <= keys) && prefix + own > 0,
    `attention: a row sees up to ${prefix} keys of a prefix and ${own} of its own, of ${keys}`,
  );
}

interface ForwardVariant extends Variant {
  readonly split?: KeySplit;
  readonly tiled?: boolean;
}

/** Most rows for which the keys are split over workgroups. */
const MOST_SPLIT_ROWS = 64;
/** The fewest rows for which tiles can be faster than that. */
const LEAST_TILED_ROWS = 32;

/** In `heads` a thread computes a whole head of a row, for which GPUs have too few registers. */
const BACKWARD_VARIANTS = {
  tiled: { only: 'hardware', tiled: true },
  heads: { only: 'software', tiled: false },
} as const satisfies Record<string, Variant & { readonly tiled: boolean }>;

/** Every device can bind so many bytes. */
const MOST_BOUND_BYTES = 128 * 2 ** 20;

/** The forward kernels for heads of this shape. With very many keys, the results of chunks are too large to bind. */
function forwardVariants(rows: number, of: Heads, longest: KeyCapacity): Readonly<Record<string, ForwardVariant>> {
  const splits = Object.entries(keySplits(of))
    .filter(([, split]) => partialBytes(rows, of, longest, split) <= MOST_BOUND_BYTES)
    .map(([name, split]) => {
      const least = split.rows > 1 ? 2 : 1;
      return [name, { split, only: 'hardware', least, most: MOST_SPLIT_ROWS }] as const;
    });
  const { tiled, heads } = BACKWARD_VARIANTS;
  const least = splits.length === 0 ? 1 : LEAST_TILED_ROWS;
  return { ...Object.fromEntries(splits), tiled: { ...tiled, least }, heads };
}

/** More keys take proportionally longer with every variant. */
const MOST_MEASURED_KEYS = 512;

function forwardVariant(
  p: Planner,
  heads: Heads,
  { dtype }: KeyValueAccess,
  rows: Extent,
  window: number | null,
  longest: KeyCapacity,
) {
  const { most, measured } = rowClass(rows, p.tuning);
  // Few capacities, so that few are measured.
  const prefix = measuredKeys(longest.prefix);
  const own = measuredKeys(longest.own);
  const keys = `${prefix} + ${own} keys${dtype === 'f32' ? '' : ` of ${dtype}`}`;
  const view = window === null ? keys : `${keys} in ${window}`;
  const key = p.tuning.software ? 'attention.forward' : `attention.forward ${shapeOf(heads)}, ${view} ≤${most}`;
  return p.choose(key, measured, forwardVariants(capacity(rows), heads, longest), (alone) =>
    measuredAttention(alone, { heads, dtype, rows: measured, window, longest: { prefix, own } }),
  );
}

function backwardVariant(p: Planner, heads: Heads, rows: Extent) {
  const { most, measured } = rowClass(rows, p.tuning);
  const key = p.tuning.software ? 'attention.backward' : `attention.backward ${shapeOf(heads)} ≤${most}`;
  return p.choose(key, measured, BACKWARD_VARIANTS, (alone) => measuredBackward(alone, heads, measured));
}

function shapeOf({ heads, kvHeads, headSize }: Heads): string {
  return `${heads}/${kvHeads} × ${headSize}`;
}

/** A power of two, or 0. */
function measuredKeys(most: number): number {
  return most === 0 ? 0 : Math.min(MOST_MEASURED_KEYS, 2 ** Math.ceil(Math.log2(most)));
}

/** Plans attention alone, for the autotuner: rows on one prefix, each with a branch of half of its capacity. */
function measuredAttention(
  p: Planner,
  o: { heads: Heads; dtype: KeyValueType; rows: number; window: number | null; longest: KeyCapacity },
): Measured {
  const { rows, window, longest } = o;
  const { heads, kvHeads, headSize } = o.heads;
  const length = Math.ceil(longest.own / 2);
  const starts = Array.from({ length: rows }, (_, n) => longest.prefix + n * length);
  attention(p, {
    q: p.slot('q', [rows, heads * headSize]),
    kv: p.slot('kv', [longest.prefix + rows * length, 2 * kvHeads * headSize], o.dtype),
    ranges: p.slot('ranges', [rows, 4], 'u32'),
    visibleTo: null,
    window,
    heads: o.heads,
    scale: 1 / Math.sqrt(headSize),
    longest,
  });
  return {
    inputs: { ranges: Uint32Array.from(starts.flatMap((start) => [0, longest.prefix, start, start + length])) },
  };
}

/** Plans the backward pass alone, for the autotuner: two branches on one prefix, each with a third of the rows. */
function measuredBackward(p: Planner, of: Heads, rows: number): Measured {
  const { heads, kvHeads, headSize } = of;
  const out = attention(p, {
    q: p.slot('q', [rows, heads * headSize], 'f32', true),
    kv: p.slot('kv', [rows, 2 * kvHeads * headSize], 'f32', true),
    ranges: p.slot('ranges', [rows, 4], 'u32'),
    visibleTo: p.slot('visibleTo', [rows, 4], 'u32'),
    window: null,
    heads: of,
    scale: 1 / Math.sqrt(headSize),
  });
  p.setGrad(out, p.slot('dout', [rows, heads * headSize]));
  p.dispatches.length = 0;
  p.backward();
  const bounds = [0, 1, 2, 3].map((third) => Math.round((third * rows) / 3));
  const [, first = 0, second = 0] = bounds;
  const places = Array.from({ length: rows }, (_, n) => ({ n, branch: n < first ? 0 : n < second ? 1 : 2 }));
  return {
    inputs: {
      ranges: Uint32Array.from(
        places.flatMap(({ n, branch }) => [0, branch === 0 ? 0 : first, bounds[branch] ?? 0, n + 1]),
      ),
      visibleTo: Uint32Array.from(
        places.flatMap(({ n, branch }) => [n, bounds[branch + 1] ?? rows, first, branch === 0 ? rows : first]),
      ),
    },
  };
}
