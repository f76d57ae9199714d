/** The tokens at which a model's turn ends. */
import { MOST_ENDS } from '../../engine/ops/sample';
import { LabError } from '../../lib/errors';
import type { ChatTemplate } from './chat-template';
import type { Tokenizer } from './tokenizer';

/**
 * Special tokens that end a turn or a document in any model that has them, declared or not. llama.cpp stops at them
 * too.
 */
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
 * The tokens at which a completion ends, the most certain first: what the chat template writes after an answer, the
 * end token of the tokenizer, what the configurations declare, and well-known names among the special tokens. The
 * sampler compares with four tokens. If there are more, the last ones are left out, which are never those of the
 * template.
 * @throws LabError unsupported-model if there is none, and the errors of rendering
 */
export async function endsOf(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  declared: readonly number[],
): Promise<readonly number[]> {
  const standardEnds = KNOWN.flatMap((name) => tokenizer.specialId(name) ?? []);
  const ends = [...new Set([...(await template.endsOfTurn()), ...declared, ...standardEnds])];
  if (ends.length === 0) {
    throw new LabError(
      'unsupported-model',
      'The model names no token that ends a turn.',
      'Choose an instruction-tuned model.',
    );
  }
  return ends.slice(0, MOST_ENDS);
}
