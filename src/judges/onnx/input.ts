/** The input of an ONNX encoder: the token ids of a text, and batches of several texts. */

/** A text, or a pair of texts, as token ids, including the model's special tokens. */
export interface ModelInput {
  readonly ids: readonly number[];
  /** For each token of a pair, 0 for the first text and 1 for the second. Absent for a single text. */
  readonly types?: readonly number[];
}

/** Encodes a text. Special tokens in the text are recognised; none are added. */
export type Encode = (text: string) => readonly number[];

/** Longest input of the bundled judge in tokens: it was trained on no longer one. */
export const MAX_TOKENS = 256;

/**
 * The input of the bundled judge: the instruction and the response as one chat turn each.
 * @returns at most MAX_TOKENS token ids, always ending with `<|im_end|>`. Null if the instruction leaves no room for a
 * response
 */
export function judgeInput(encode: Encode, instruction: string, response: string): readonly number[] | null {
  const opening = `<|im_start|>user\n${instruction}<|im_end|>\n<|im_start|>assistant\n`;
  const end = encode('<|im_end|>');
  const ids = encode(`${opening}${response.trim()}<|im_end|>`);
  if (ids.length <= MAX_TOKENS) return ids;
  if (encode(opening).length + end.length >= MAX_TOKENS) return null;
  return [...ids.slice(0, MAX_TOKENS - end.length), ...end];
}

/** One call of the model: rows padded on the right, with mask 0. All arrays are [batch, sequence], row-major. */
export interface Batch {
  /** For each row, its position in the list that was batched. */
  readonly rows: readonly number[];
  readonly shape: readonly [batch: number, sequence: number];
  readonly inputIds: Int32Array;
  readonly attentionMask: Int32Array;
  readonly tokenTypes: Int32Array;
}

export interface BatchLimits {
  /** Rows of a batch at most. */
  readonly rows: number;
  /** Tokens of a batch at most, including padding. A single longer row is a batch of its own. */
  readonly tokens: number;
  /** Token id of the padding. */
  readonly pad: number;
}

/** Groups inputs of similar length, to keep the padding small. */
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
