import code from '../../../shaders/attention.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner } from '../planner';
import { checkRowInput, checkShape, matrixShape } from '../shapes';
import type { Tensor } from '../tensor';
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
  const variant = (entry: string) => ({ source, entry, libs: [], constants: { WIDTH: headSize / 4, GROUP } });
  const uniforms = { heads, kvHeads, window: window ?? UNBOUNDED, scale };
  p.emit({
    variant: variant('forward'),
    bindings: { q, kv, ranges, out, stats },
    uniforms: { rows, ...uniforms },
    grid: [{ extent: rows, scale: heads, per: GROUP }],
    work: { extent: rows, flops: 4 * KEYS * heads * headSize },
  });
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
