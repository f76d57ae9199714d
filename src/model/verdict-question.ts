/** A question whose answer is one of two letters, as tokens: what comes before the letter, and the letters that can follow it. */
import { at } from '../lib/at';
import { LabError } from '../lib/errors';
import { encodeUserMessage, type LanguageModel } from './language-model';
import type { Tokenizer } from './tokenizer/tokenizer';

export interface VerdictQuestion {
  /** The user's turn, the opening of the assistant's, and how its answer begins. */
  readonly prompt: readonly number[];
  /** The token that makes the answer A, and the one that makes it B. */
  readonly A: number;
  readonly B: number;
}

/** @throws LabError unsupported-model */
export async function verdictQuestion(model: LanguageModel, message: string): Promise<VerdictQuestion> {
  const bracketed = message.includes('[[A]]') && message.includes('[[B]]');
  const { begin, A, B } = answers(model.tokenizer, bracketed ? ['[[A]]', '[[B]]'] : ['A', 'B']);
  return { prompt: [...(await encodeUserMessage(model, message, false)), ...begin], A, B };
}

/** The answers' first token that differs is the verdict, whatever the tokenizer merges: `[[` and `A`, or `[[A` as one. */
function answers(tokenizer: Tokenizer, [a, b]: readonly [string, string]) {
  const [ofA, ofB] = [tokenizer.encodeText(a), tokenizer.encodeText(b)];
  const place = ofA.findIndex((token, i) => token !== ofB[i]);
  if (place === -1 || place >= ofB.length) {
    throw new LabError(
      'unsupported-model',
      `The model's tokenizer does not tell ${a} from ${b}, so it cannot be asked for verdicts.`,
      'Choose another judge.',
    );
  }
  return { begin: ofA.slice(0, place), A: at(ofA, place), B: at(ofB, place) };
}
