import { at } from './indexing';

export interface Embedding {
  /** u32 [N] */
  readonly tokens: Uint32Array;
  /** [V, C] */
  readonly weight: Float64Array;
  readonly C: number;
  /** Gemma multiplies by √C. */
  readonly scale?: number;
}

/** out[n,c] = scale · weight[tokens[n],c], [N, C]. The embedding is frozen, so it has no backward pass. */
export function embeddingForward({ tokens, weight, C, scale = 1 }: Embedding): Float64Array {
  const out = new Float64Array(tokens.length * C);
  for (const [n, token] of tokens.entries()) {
    for (let c = 0; c < C; c++) out[n * C + c] = scale * at(weight, token * C + c);
  }
  return out;
}
