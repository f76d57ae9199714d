/** What an encoder in ONNX reads: token ids, and several texts of them as one batch. */

/** A text, or a pair of texts, in token ids, with the special tokens that the model wants around it. */
export interface ModelInput {
  readonly ids: readonly number[];
  /** Which of two texts each token is of; absent where there is one. */
  readonly types?: readonly number[];
}

/** What is needed of a tokenizer: ids of a text, special tokens in it included, none added. */
export type Encode = (text: string) => readonly number[];

/** Longest input that the bundled judge was trained on, in tokens. */
export const MAX_TOKENS = 256;

/**
 * How the bundled judge reads an instruction and a response: one chat turn each.
 * @returns token ids, at most MAX_TOKENS and always closed by `<|im_end|>`; null when the instruction leaves no room for a response.
 */
export function judgeInput(encode: Encode, instruction: string, response: string): readonly number[] | null {
  const opening = `<|im_start|>user\n${instruction}<|im_end|>\n<|im_start|>assistant\n`;
  const end = encode('<|im_end|>');
  const ids = encode(`${opening}${response.trim()}<|im_end|>`);
  if (ids.length <= MAX_TOKENS) return ids;
  if (encode(opening).length + end.length >= MAX_TOKENS) return null;
  return [...ids.slice(0, MAX_TOKENS - end.length), ...end];
}

/** Rows of one call of the model, right-padded under mask 0. All [batch, sequence], row-major. */
export interface Batch {
  /** Positions in the list that was batched. */
  readonly rows: readonly number[];
  readonly shape: readonly [batch: number, sequence: number];
  readonly inputIds: Int32Array;
  readonly attentionMask: Int32Array;
  readonly tokenTypes: Int32Array;
}

export interface BatchLimits {
  /** Rows of a batch, and its tokens with the padding, unless a single row has more. */
  readonly rows: number;
  readonly tokens: number;
  /** Id of the padding. */
  readonly pad: number;
}

/** Groups inputs of similar length, so that little of a batch is padding. */
export function batches(inputs: readonly ModelInput[], { rows, tokens, pad }: BatchLimits): Batch[] {
  const byLength = inputs
    .map((input, row) => ({ ...input, row }))
    .sort((a, b) => a.ids.length - b.ids.length || a.row - b.row);
  const result: Batch[] = [];
  let part: typeof byLength = [];
  for (const [i, input] of byLength.entries()) {
    part.push(input);
    const next = byLength[i + 1];
    if (next && part.length < rows && (part.length + 1) * next.ids.length <= tokens) continue;
    result.push(padded(part, pad));
    part = [];
  }
  return result;
}

function padded(part: readonly (ModelInput & { readonly row: number })[], pad: number): Batch {
  const sequence = Math.max(...part.map(({ ids }) => ids.length));
  const inputIds = new Int32Array(part.length * sequence).fill(pad);
  const attentionMask = new Int32Array(part.length * sequence);
  const tokenTypes = new Int32Array(part.length * sequence);
  for (const [b, { ids, types }] of part.entries()) {
    inputIds.set(ids, b * sequence);
    attentionMask.fill(1, b * sequence, b * sequence + ids.length);
    tokenTypes.set(types ?? [], b * sequence);
  }
  return { rows: part.map(({ row }) => row), shape: [part.length, sequence], inputIds, attentionMask, tokenTypes };
}
