/**
 * The inputs and outputs of an ONNX graph that the judges can use, recognised by name; and the pooling of token
 * vectors to one vector per text.
 */
import type { Batch } from './input';

/** `reward`: one or several logits per text. `embedding`: one vector per text. */
export type Head = 'reward' | 'embedding';

/** Inputs that the session can provide. */
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const;
type InputName = (typeof INPUTS)[number];

const OUTPUTS: Readonly<Record<Head, readonly string[]>> = {
  reward: ['logits', 'score', 'scores'],
  // A vector of the whole text is preferred to one per token.
  embedding: ['sentence_embedding', 'last_hidden_state', 'token_embeddings'],
};

export const isInput = (name: string): name is InputName => INPUTS.some((input) => input === name);

/** The name of the output to read, or null if there is none. The only output of a reward model may have any name. */
export function outputOf(head: Head, names: readonly string[]): string | null {
  const found = OUTPUTS[head].find((name) => names.includes(name));
  if (found !== undefined) return found;
  const [only] = names;
  return head === 'reward' && names.length === 1 && only !== undefined && !OUTPUTS.embedding.includes(only)
    ? only
    : null;
}

/** The reason why a graph cannot be run, as a clause; null if it can. */
export function graphFault(head: Head, inputs: readonly string[], outputs: readonly string[]): string | null {
  const unknown = inputs.filter((name) => !isInput(name));
  if (unknown.some((name) => name.startsWith('past_key_values'))) return 'it was exported to write text, with a cache';
  if (unknown.length > 0) return `it needs the input ${unknown.slice(0, 3).join(', ')}, which is not provided`;
  if (!inputs.includes('input_ids')) return 'it does not take input_ids';
  if (outputOf(head, outputs) !== null) return null;
  return `it gives ${outputs.slice(0, 3).join(', ') || 'nothing'}, and none of ${OUTPUTS[head].join(', ')}`;
}

/** The mean of the token vectors under the mask, the first token's vector, or the last one's under the mask. */
export type Pooling = 'mean' | 'cls' | 'last';

/**
 * One vector per text from one vector per token, as sentence-transformers' Pooling and Normalize modules compute it.
 * @param values [batch, sequence, width]; or [batch, width], which is only normalised
 * @returns [batch, width], each row of length 1. Rows of zeros stay zeros
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
    // A mean needs no division: normalising to length 1 cancels the factor.
    const length = Math.hypot(...vector);
    for (let d = 0; d < width; d++) vectors[b * width + d] = length === 0 ? 0 : (vector[d] ?? 0) / length;
  }
  return vectors;
}
