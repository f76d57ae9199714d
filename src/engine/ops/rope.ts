import code from '../../../shaders/rope.wgsl?raw';
import type { Planner } from '../planner';
import type { Extent, Tensor } from '../tensor';

const source = { name: 'rope', code };

export interface Heads {
  /** H query heads, KV key/value heads, D per head. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/**
 * qkv [N, (H + 2·KV)·D] → q [N, H·D], rotated; keys (rotated) and values go to row place[n] of kv [R, 2·KV·D], which is made
 * with N rows where none is given.
 */
export function rope(
  p: Planner,
  o: { qkv: Tensor; positions: Tensor; place: Tensor; table: Tensor; heads: Heads; kv?: Tensor | undefined },
): { q: Tensor; kv: Tensor } {
  const { heads, kvHeads, headSize } = o.heads;
  const [rows = 0] = o.qkv.shape;
  const q = p.activation('q', [rows, heads * headSize], o.qkv.requiresGrad);
  const kv = o.kv ?? p.activation('kv', [rows, 2 * kvHeads * headSize], o.qkv.requiresGrad);
  const pairs = headSize / 2;
  const common = {
    uniforms: { rows, heads, kvHeads, pairs },
    grid: [{ extent: (heads + 2 * kvHeads) * pairs, per: 64 } as const, { extent: rows as Extent, per: 1 }],
  };
  p.emit({
    variant: { source, entry: 'forward', libs: [], constants: {} },
    bindings: { qkv: o.qkv, q, kv, positions: o.positions, place: o.place, table: o.table },
    ...common,
  });
  // q stands for both outputs: attention gives both gradients at once.
  p.record(q, () => {
    const { grad: dqkv } = p.contribute(o.qkv);
    p.emit({
      variant: { source, entry: 'backward', libs: [], constants: {} },
      bindings: { qkv: dqkv, q: p.grad(q), kv: p.grad(kv), positions: o.positions, table: o.table },
      ...common,
    });
  });
  return { q, kv };
}
