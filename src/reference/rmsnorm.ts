import { at } from './indexing';

export interface RmsNorm {
  /** [N, C] */
  readonly inp: Float64Array;
  /** [C] */
  readonly weight: Float64Array;
  readonly eps: number;
  /** Added to the weight: 1 for Gemma's (1 + w), otherwise 0. */
  readonly offset?: number;
}

/** r = 1/√(mean_c inp² + eps) for one row. */
function inverseRms(row: Float64Array, eps: number): number {
  let squares = 0;
  for (const x of row) squares += x * x;
  return 1 / Math.sqrt(squares / row.length + eps);
}

/** out[n,c] = inp[n,c] · r[n] · (offset + weight[c]), r[n] = 1/√(mean_c inp[n,c]² + eps) → [N, C] */
export function rmsnormForward({ inp, weight, eps, offset = 0 }: RmsNorm): Float64Array {
  const C = weight.length;
  const out = new Float64Array(inp.length);
  for (let start = 0; start < inp.length; start += C) {
    const r = inverseRms(inp.subarray(start, start + C), eps);
    for (let c = 0; c < C; c++) out[start + c] = at(inp, start + c) * r * (offset + at(weight, c));
  }
  return out;
}

/**
 * With g[n,c] = dout[n,c] · (offset + weight[c]):
 * dinp[n,c] = r · (g[n,c] − inp[n,c] · r² · mean_c(g[n,c] · inp[n,c])) → [N, C]. The weight is frozen.
 */
export function rmsnormBackward({
  inp,
  weight,
  eps,
  offset = 0,
  dout,
}: RmsNorm & { readonly dout: Float64Array }): Float64Array {
  const C = weight.length;
  const dinp = new Float64Array(inp.length);
  for (let start = 0; start < inp.length; start += C) {
    const r = inverseRms(inp.subarray(start, start + C), eps);
    const g = (c: number): number => at(dout, start + c) * (offset + at(weight, c));
    let dot = 0;
    for (let c = 0; c < C; c++) dot += g(c) * at(inp, start + c);
    for (let c = 0; c < C; c++) dinp[start + c] = r * (g(c) - (at(inp, start + c) * r * r * dot) / C);
  }
  return dinp;
}
