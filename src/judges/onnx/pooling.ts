/** From a vector of each token to one of the text, as sentence-transformers' Pooling and Normalize do it. */
import type { Batch } from './input';

export const POOLINGS = ['mean', 'cls', 'last'] as const;
/** Mean of the tokens under the mask, the first token's, or the last one's under the mask. */
export type Pooling = (typeof POOLINGS)[number];

/**
 * @param values [batch, sequence, width], or [batch, width], which are only scaled
 * @returns [batch, width], each row of length 1 (zeros stay zeros)
 */
export function sentenceVectors(
  values: Float32Array,
  dims: readonly number[],
  { shape: [batch, sequence], attentionMask }: Pick<Batch, 'shape' | 'attentionMask'>,
  pooling: Pooling,
): Float32Array {
  const width = dims.at(-1) ?? 0;
  const vectors = new Float32Array(batch * width);
  for (let b = 0; b < batch; b++) {
    const vector = new Float64Array(width);
    const add = (row: number) => {
      for (let d = 0; d < width; d++) vector[d] = (vector[d] ?? 0) + (values[row * width + d] ?? 0);
    };
    if (dims.length === 2) add(b);
    else {
      const mask = attentionMask.subarray(b * sequence, (b + 1) * sequence);
      if (pooling === 'cls') add(b * sequence);
      else if (pooling === 'last') add(b * sequence + mask.lastIndexOf(1));
      else mask.forEach((seen, t) => void (seen === 1 && add(b * sequence + t)));
    }
    // What a mean divides by, the length takes out again.
    const length = Math.hypot(...vector);
    for (let d = 0; d < width; d++) vectors[b * width + d] = length === 0 ? 0 : (vector[d] ?? 0) / length;
  }
  return vectors;
}
