import code from '../../../shaders/attention.wgsl?raw';
import { assert } from '../../lib/assert';
import type { KernelVariant } from '../kernel';
import type { GridAxis, Planner } from '../planner';
import { checkRowInput, checkShape, matrixShape } from '../shapes';
import type { Extent, Tensor } from '../tensor';
import { type Measured, rowClass, type Variant } from '../tuning';
import { type AttentionEntry, tiled } from './attention-tiled';
import { checkHeads, type Heads } from './rope';

const source = { name: 'attention', code };
const GROUP = 64;
/** Keys of a row that are assumed for the estimate of work. */
const KEYS = 512;

/**
 * `tiled` shares tiles of keys through workgroup memory. In `heads` a thread computes a whole head of a row, which is
 * the fastest without workgroup memory but needs more registers than GPUs have.
 */
const VARIANTS = {
  tiled: { only: 'hardware', tiled: true },
  heads: { only: 'software', tiled: false },
} as const satisfies Record<string, Variant & { readonly tiled: boolean }>;

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
}

const UNBOUNDED = 0xffffffff;

/** Returns [N, H·D]. */
export function attention(p: Planner, { q, kv, ranges, visibleTo, window, heads: of, scale }: Attention): Tensor {
  const { heads, kvHeads, headSize } = of;
  checkHeads('attention', of);
  const { rows } = matrixShape('attention', q);
  const { rows: keys } = matrixShape('attention', kv);
  checkShape('attention', q, [rows, heads * headSize]);
  checkShape('attention', kv, [keys, 2 * kvHeads * headSize]);
  checkRowInput('attention', ranges, rows, 4);
  if (visibleTo !== null) checkRowInput('attention', visibleTo, keys, 4);
  const out = p.activation('attention', [rows, heads * headSize], q.requiresGrad);
  const stats = p.activation('attention stats', [rows, heads * 2]);
  const emit = (entry: AttentionEntry, own: Extent, products: number, bindings: Readonly<Record<string, Tensor>>) =>
    p.emit({
      ...kernelOf(p, entry, of, own),
      bindings,
      uniforms: { rows: own, heads, kvHeads, window: window ?? UNBOUNDED, scale },
      work: { extent: own, flops: 2 * products * KEYS * heads * headSize },
    });
  // Kernels declare `dout` for all passes.
  emit('forward', rows, 2, { q, kv, ranges, out, stats, dout: p.none });
  p.record(out, () => {
    assert(visibleTo !== null, 'attention: the backward pass needs `visibleTo`');
    const dout = p.grad(out);
    checkShape('attention backward', dout, [rows, heads * headSize]);
    const { grad: dq } = p.contribute(q);
    const { grad: dkv } = p.contribute(kv);
    emit('backward_q', rows, 3, { q, kv, ranges, out, stats, dout, dq });
    emit('backward_kv', keys, 4, { q, kv, ranges, stats, dout, visibleTo, dkv });
  });
  return out;
}

/** The kernel of the chosen variant, and its grid over `own` items: rows, or keys in `backward_kv`. */
function kernelOf(
  p: Planner,
  entry: AttentionEntry,
  of: Heads,
  own: Extent,
): { readonly variant: KernelVariant; readonly grid: readonly (GridAxis | number)[] } {
  const { heads, kvHeads, headSize } = of;
  const { most, measured } = rowClass(own, p.tuning);
  const shape = p.tuning.software ? '' : ` ${heads}/${kvHeads}×${headSize}`;
  const chosen = p.choose(`attention.${entry}${shape} ≤${most}`, measured, VARIANTS, (alone) =>
    measuredAlone(alone, entry, of, measured),
  );
  if (chosen.tiled) return tiled(entry, of, own);
  return {
    variant: { source, entry, libs: [], constants: { WIDTH: headSize / 4, GROUP } },
    grid: [{ extent: own, scale: entry === 'backward_kv' ? kvHeads : heads, per: GROUP }],
  };
}

/** Plans one kernel alone, for the autotuner: on the rows of a pair whose completions share a prompt of a quarter. */
function measuredAlone(p: Planner, entry: AttentionEntry, of: Heads, rows: number): Measured {
  const { heads, kvHeads, headSize } = of;
  const out = attention(p, {
    q: p.slot('q', [rows, heads * headSize], 'f32', true),
    kv: p.slot('kv', [rows, 2 * kvHeads * headSize], 'f32', true),
    ranges: p.slot('ranges', [rows, 4], 'u32'),
    visibleTo: p.slot('visibleTo', [rows, 4], 'u32'),
    window: null,
    heads: of,
    scale: headSize ** -0.5,
  });
  if (entry !== 'forward') {
    p.setGrad(out, p.slot('dout', [rows, heads * headSize]));
    p.backward();
  }
  p.dispatches.splice(0, p.dispatches.length, ...p.dispatches.filter(({ variant }) => variant.entry === entry));
  const prompt = Math.floor(rows / 4);
  const second = prompt + Math.ceil((rows - prompt) / 2);
  const branchOf = (n: number): readonly [number, number] =>
    n < prompt ? [0, prompt] : n < second ? [prompt, second] : [second, rows];
  const perRow = (words: (n: number, start: number, end: number) => readonly number[]) =>
    Uint32Array.from(Array.from({ length: rows }, (_, n) => words(n, ...branchOf(n))).flat());
  return {
    inputs: {
      ranges: perRow((n, start) => [0, n < prompt ? 0 : prompt, start, n + 1]),
      visibleTo: perRow((n, _, end) => [n, end, n < prompt ? prompt : 0, n < prompt ? rows : 0]),
    },
  };
}
