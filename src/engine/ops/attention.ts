import code from '../../../shaders/attention.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Measured, Planner } from '../planner';
import { checkRowInput, checkShape, matrixShape } from '../shapes';
import { capacity, type Extent, type Tensor } from '../tensor';
import { rowClass, type Variant } from '../tuning';
import { attendToKeys, type KeyCapacity, type KeySplit, keySplits } from './attention-keys';
import { checkHeads, type Heads } from './rope';

const source = { name: 'attention', code };
const GROUP = 64;
/** Keys of a row that are assumed for the estimate of work. */
export const KEYS = 512;

export interface Attention {
  /** [N, H·D] */
  readonly q: Tensor;
  /** [R, 2·KV·D]: keys, then values. */
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
}

const UNBOUNDED = 0xffffffff;

/** Returns [N, H·D]. */
export function attention(p: Planner, inputs: Attention): Tensor {
  const { q, kv, ranges, visibleTo, window, heads: of, scale } = inputs;
  const { heads, kvHeads, headSize } = of;
  checkHeads('attention', of);
  const { rows } = matrixShape('attention', q);
  const { rows: keys } = matrixShape('attention', kv);
  checkShape('attention', q, [rows, heads * headSize]);
  checkShape('attention', kv, [keys, 2 * kvHeads * headSize]);
  checkRowInput('attention', ranges, rows, 4);
  if (visibleTo !== null) checkRowInput('attention', visibleTo, keys, 4);
  const longest = inputs.longest ?? { prefix: capacity(keys), own: capacity(keys) };
  checkLongest(longest, capacity(keys));
  const out = p.activation('attention', [rows, heads * headSize], q.requiresGrad);
  const stats = p.activation('attention stats', [rows, heads * 2]);
  const variant = (entry: string) => ({ source, entry, libs: [], constants: { WIDTH: headSize / 4, GROUP } });
  const uniforms = { heads, kvHeads, window: window ?? UNBOUNDED, scale };
  const { split } = forwardVariant(p, of, rows, window, longest);
  if (split === undefined) {
    p.emit({
      variant: variant('forward'),
      bindings: { q, kv, ranges, out, stats },
      uniforms: { rows, ...uniforms },
      grid: [{ extent: rows, scale: heads, per: GROUP }],
      work: { extent: rows, flops: 4 * KEYS * heads * headSize },
    });
  } else {
    attendToKeys(p, { q, kv, ranges, out, stats, rows, window: uniforms.window, heads: of, scale, longest }, split);
  }
  p.record(out, () => {
    assert(visibleTo !== null, 'attention: the backward pass needs `visibleTo`');
    const dout = p.grad(out);
    checkShape('attention backward', dout, [rows, heads * headSize]);
    const { grad: dq } = p.contribute(q);
    const { grad: dkv } = p.contribute(kv);
    p.emit({
      variant: variant('backward_q'),
      bindings: { q, kv, ranges, out, stats, dout, dq },
      uniforms: { rows, ...uniforms },
      grid: [{ extent: rows, scale: heads, per: GROUP }],
      work: { extent: rows, flops: 6 * KEYS * heads * headSize },
    });
    p.emit({
      variant: variant('backward_kv'),
      bindings: { q, kv, ranges, stats, dout, visibleTo, dkv },
      uniforms: { rows: keys, ...uniforms },
      grid: [{ extent: keys, scale: kvHeads, per: GROUP }],
      work: { extent: keys, flops: 8 * KEYS * heads * headSize },
    });
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
  /** Without it, a thread takes all keys of a head. */
  readonly split?: KeySplit;
}

/** Most rows for which the keys are split over workgroups. */
const MOST_SPLIT_ROWS = 64;

/** The forward kernels for heads of this shape. In `heads` a thread computes a head of a row, which GPUs spill. */
function forwardVariants(of: Heads, software: boolean): Readonly<Record<string, ForwardVariant>> {
  const splits = Object.entries(keySplits(of)).map(([name, split]) => {
    const least = split.rows > 1 ? 2 : 1;
    return [name, { split, only: 'hardware', least, most: MOST_SPLIT_ROWS }] as const;
  });
  const whole = { least: software || splits.length === 0 ? 1 : MOST_SPLIT_ROWS + 1 };
  return { ...Object.fromEntries(splits), heads: whole };
}

/** More keys take proportionally longer with every variant. */
const MOST_MEASURED_KEYS = 512;

function forwardVariant(p: Planner, heads: Heads, rows: Extent, window: number | null, longest: KeyCapacity) {
  const { most, measured } = rowClass(rows, p.tuning);
  // Few capacities, so that few are measured.
  const prefix = measuredKeys(longest.prefix);
  const own = measuredKeys(longest.own);
  const shape = `${heads.heads}/${heads.kvHeads} × ${heads.headSize}`;
  const view = `${prefix} + ${own} keys${window === null ? '' : ` in ${window}`}`;
  const key = p.tuning.software ? 'attention.forward' : `attention.forward ${shape}, ${view} ≤${most}`;
  return p.choose(key, measured, forwardVariants(heads, p.tuning.software), (alone) =>
    measuredAttention(alone, { heads, rows: measured, window, longest: { prefix, own } }),
  );
}

/** A power of two, or 0. */
function measuredKeys(most: number): number {
  return most === 0 ? 0 : Math.min(MOST_MEASURED_KEYS, 2 ** Math.ceil(Math.log2(most)));
}

/** Plans attention alone, for the autotuner: rows on one prefix, each with a branch of half of its capacity. */
function measuredAttention(
  p: Planner,
  o: { heads: Heads; rows: number; window: number | null; longest: KeyCapacity },
): Measured {
  const { rows, window, longest } = o;
  const { heads, kvHeads, headSize } = o.heads;
  const length = Math.ceil(longest.own / 2);
  const starts = Array.from({ length: rows }, (_, n) => longest.prefix + n * length);
  attention(p, {
    q: p.slot('q', [rows, heads * headSize]),
    kv: p.slot('kv', [longest.prefix + rows * length, 2 * kvHeads * headSize]),
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
