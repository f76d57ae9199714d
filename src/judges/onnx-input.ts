/** How a reward model reads an instruction and a response: as one chat turn each, in token ids. */

/** What is needed of a tokenizer: ids of a text, special tokens in it included, none added. */
export type Encode = (text: string) => readonly number[];

/** Longest input that the model was trained on, in tokens. */
export const MAX_TOKENS = 256;

/** @returns token ids, at most MAX_TOKENS and always closed by `<|im_end|>`; null when the instruction leaves no room for a response. */
export function judgeInput(encode: Encode, instruction: string, response: string): readonly number[] | null {
  const opening = `<|im_start|>user\n${instruction}<|im_end|>\n<|im_start|>assistant\n`;
  const end = encode('<|im_end|>');
  const ids = encode(`${opening}${response.trim()}<|im_end|>`);
  if (ids.length <= MAX_TOKENS) return ids;
  if (encode(opening).length + end.length >= MAX_TOKENS) return null;
  return [...ids.slice(0, MAX_TOKENS - end.length), ...end];
}

/** Rows of one call of the model, right-padded with token 0 under mask 0. */
export interface Batch {
  /** Positions in the list that was batched. */
  readonly rows: readonly number[];
  /** int64 [batch, sequence], row-major. */
  readonly inputIds: BigInt64Array;
  readonly attentionMask: BigInt64Array;
  readonly shape: readonly [batch: number, sequence: number];
}

/** Groups inputs of similar length, so that little of a batch is padding. */
export function batches(inputs: readonly (readonly number[])[], size: number): Batch[] {
  const byLength = inputs.map((ids, row) => ({ ids, row })).sort((a, b) => a.ids.length - b.ids.length || a.row - b.row);
  const result: Batch[] = [];
  for (let start = 0; start < byLength.length; start += size) {
    const part = byLength.slice(start, start + size);
    const sequence = Math.max(...part.map(({ ids }) => ids.length));
    const inputIds = new BigInt64Array(part.length * sequence);
    const attentionMask = new BigInt64Array(part.length * sequence);
    for (const [b, { ids }] of part.entries()) {
      inputIds.set(ids.map(BigInt), b * sequence);
      attentionMask.fill(1n, b * sequence, b * sequence + ids.length);
    }
    result.push({ rows: part.map(({ row }) => row), inputIds, attentionMask, shape: [part.length, sequence] });
  }
  return result;
}
