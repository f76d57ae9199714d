import code from '../../../shaders/attention.wgsl?raw';
import type { Planner } from '../planner';
import type { Tensor } from '../tensor';
import type { Heads } from './rope';

const source = { name: 'attention', code };
const GROUP = 64;
/** Keys that a row is taken to see where its work is told. */
const KEYS = 512;

export interface Attention {
  /** [N, H·D] */
  readonly q: Tensor;
  /** [R, 2·KV·D]: keys, then values. */
  readonly kv: Tensor;
  /** u32 [N, 4]: prefix, prefixEnd, own, ownEnd, the two runs of key rows that a row sees. */
  readonly ranges: Tensor;
  /** u32 [R, 4]: own, ownEnd, dependent, dependentEnd, the two runs of rows that may see a key row. Only backward reads it. */
  readonly visibleTo: Tensor | null;
  /** A row sees the last so many of its keys; null: all. */
  readonly window: number | null;
  readonly heads: Heads;
  readonly scale: number;
}

const UNBOUNDED = 0xffffffff;

/** → [N, H·D] */
export function attention(p: Planner, { q, kv, ranges, visibleTo, window, heads: of, scale }: Attention): Tensor {
  const { heads, kvHeads, headSize } = of;
  const [rows = 0] = q.shape;
  const [keys = 0] = kv.shape;
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
    if (visibleTo === null) throw new Error('attention has no `visibleTo` to go backward with');
    const dout = p.grad(out);
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
