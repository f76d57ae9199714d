/** What the lab wants of a model's graph in ONNX, told by the names of its inputs and outputs alone. */

export const HEADS = ['reward', 'embedding'] as const;
/** `reward`: one or several logits a text. `embedding`: a vector a text. */
export type Head = (typeof HEADS)[number];

/** Inputs that the lab can give. */
export const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const;
type InputName = (typeof INPUTS)[number];

const OUTPUTS: Readonly<Record<Head, readonly string[]>> = {
  reward: ['logits', 'score', 'scores'],
  // A sentence's own vector before one of each token.
  embedding: ['sentence_embedding', 'last_hidden_state', 'token_embeddings'],
};

export const isInput = (name: string): name is InputName => INPUTS.some((known) => known === name);

/** The output that holds what is wanted; a reward model's only one may have any name. */
export function outputOf(head: Head, names: readonly string[]): string | null {
  const known = OUTPUTS[head].find((name) => names.includes(name));
  if (known !== undefined) return known;
  const [only] = names;
  return head === 'reward' && names.length === 1 && only !== undefined && !OUTPUTS.embedding.includes(only)
    ? only
    : null;
}

/** Why the lab cannot run a graph, as a clause; null where it can. */
export function graphFault(head: Head, inputs: readonly string[], outputs: readonly string[]): string | null {
  const unknown = inputs.filter((name) => !isInput(name));
  if (unknown.some((name) => name.startsWith('past_key_values'))) return 'it was exported to write text, with a cache';
  if (unknown.length > 0) return `it wants ${unknown.slice(0, 3).join(', ')}, which the lab does not give`;
  if (!inputs.includes('input_ids')) return 'it does not take input_ids';
  if (outputOf(head, outputs) !== null) return null;
  return `it gives ${outputs.slice(0, 3).join(', ') || 'nothing'}, and none of ${OUTPUTS[head].join(', ')}`;
}
