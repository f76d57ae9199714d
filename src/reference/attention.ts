import { addScaled, at, dot } from './indexing';

export interface Attention {
  /** [N, H, D] */
  readonly q: Float64Array;
  /** [R, KV, D]: rows of the layer's activations or of the cache. */
  readonly k: Float64Array;
  readonly v: Float64Array;
  /**
   * u32 [N, 4]: the key rows that query row n sees, as two half-open ranges: prefixStart, prefixEnd, ownStart,
   * ownEnd.
   */
  readonly ranges: Uint32Array;
  /** Number of key rows that a row sees, the last in order of position. All by default. */
  readonly window?: number;
  readonly scale: number;
  readonly H: number;
  /** Number of key heads, a divisor of H. */
  readonly KV: number;
  readonly D: number;
}

export interface AttentionOutput {
  /** [N, H, D]; 0 for a row that sees no key. */
  readonly out: Float64Array;
  /** [N, H]: log Σ_r exp(score[n,h,r]); 0 for a row that sees no key. */
  readonly lse: Float64Array;
}

export interface AttentionGradients {
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
}

/** The key rows that query row n sees. */
function visibleRows(ranges: Uint32Array, n: number, window = Infinity): number[] {
  const [prefixStart = 0, prefixEnd = 0, ownStart = 0, ownEnd = 0] = ranges.subarray(4 * n, 4 * n + 4);
  const rows: number[] = [];
  for (let r = prefixStart; r < prefixEnd; r++) rows.push(r);
  for (let r = ownStart; r < ownEnd; r++) rows.push(r);
  return rows.slice(Math.max(0, rows.length - window));
}

/**
 * score[n,h,r] = scale · q[n,h]·k[r,g], g = ⌊h · KV / H⌋, over the rows r that n sees; p = softmax_r(score);
 * out[n,h,d] = Σ_r p[n,h,r] · v[r,g,d]
 */
export function attentionForward({ q, k, v, ranges, window, scale, H, KV, D }: Attention): AttentionOutput {
  const N = q.length / (H * D);
  const out = new Float64Array(q.length);
  const lse = new Float64Array(N * H);
  for (let n = 0; n < N; n++) {
    const rows = visibleRows(ranges, n, window);
    if (rows.length === 0) continue;
    for (let h = 0; h < H; h++) {
      const g = Math.floor((h * KV) / H);
      const qAt = (n * H + h) * D;
      const scores = Float64Array.from(rows, (r) => scale * dot(q, qAt, k, (r * KV + g) * D, D));
      const max = Math.max(...scores);
      const logSum = max + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - max), 0));
      lse[n * H + h] = logSum;
      for (const [j, r] of rows.entries()) {
        const p = Math.exp(at(scores, j) - logSum);
        addScaled(out, qAt, p, v, (r * KV + g) * D, D);
      }
    }
  }
  return { out, lse };
}

/**
 * Recomputes p = exp(score − lse) from q and k; dv[r] += p · dout; ds = p · (dout·v[r] − dout·out); dq += scale · ds
 * · k[r]; dk[r] += scale · ds · q. dk and dv [R, KV, D] sum over all query rows and all query heads of the group.
 */
export function attentionBackward({
  q,
  k,
  v,
  ranges,
  window,
  scale,
  H,
  KV,
  D,
  out,
  lse,
  dout,
}: Attention & AttentionOutput & { readonly dout: Float64Array }): AttentionGradients {
  const N = q.length / (H * D);
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  for (let n = 0; n < N; n++) {
    const rows = visibleRows(ranges, n, window);
    for (let h = 0; h < H; h++) {
      const g = Math.floor((h * KV) / H);
      const qAt = (n * H + h) * D;
      const doutOut = dot(dout, qAt, out, qAt, D);
      for (const r of rows) {
        const kAt = (r * KV + g) * D;
        const p = Math.exp(scale * dot(q, qAt, k, kAt, D) - at(lse, n * H + h));
        const ds = p * (dot(dout, qAt, v, kAt, D) - doutOut);
        addScaled(dv, kAt, p, dout, qAt, D);
        addScaled(dq, qAt, scale * ds, k, kAt, D);
        addScaled(dk, kAt, scale * ds, q, qAt, D);
      }
    }
  }
  return { dq, dk, dv };
}
