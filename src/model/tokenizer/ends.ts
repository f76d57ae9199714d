/** Where a model's turn ends. */
import { MOST_ENDS } from '../../engine/ops/sample';
import { LabError } from '../../lib/errors';
import type { ChatTemplate } from './chat-template';
import type { Tokenizer } from './tokenizer';

/** Special tokens that end a turn or a document wherever they exist, declared or not; llama.cpp stops at them too. */
const KNOWN = [
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<end_of_turn>',
  '<|end|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<eos>',
  '</s>',
];

/**
 * The tokens at which a completion ends, the surest first: what the chat template writes behind an answer, the tokenizer's end token,
 * what the configurations declare, and the well-known names among the special tokens. The sampler compares with four: of more, the
 * last are left out, which are never the one that the template writes.
 * @throws LabError unsupported-model: none, or what rendering throws
 */
export async function endsOf(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  declared: readonly number[],
): Promise<readonly number[]> {
  const known = KNOWN.flatMap((name) => tokenizer.specialId(name) ?? []);
  const ends = [...new Set([...(await template.endsOfTurn()), ...declared, ...known])];
  if (ends.length === 0) {
    throw new LabError(
      'unsupported-model',
      'The model names no token that ends a turn.',
      'Choose an instruction-tuned model.',
    );
  }
  return ends.slice(0, MOST_ENDS);
}
