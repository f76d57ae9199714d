/** A completion as a candidate: decoded, parsed, its thought and response counted in tokens. Scores come later. */

import type { ThoughtPrompt } from '../recipe/thought-prompts';
import { parseCompletion, type TextRange } from './parse-completion';
import type { Completion } from './policy';
import type { Candidate } from './types';

type Decode = (tokens: readonly number[]) => string;

/** Index of the token that writes the character at `position`: the smallest n whose first n + 1 tokens reach beyond it. */
function tokenAt(tokens: readonly number[], decode: Decode, position: number): number {
  let low = 0;
  let high = tokens.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decode(tokens.slice(0, middle + 1)).length > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Tokens that write any of these characters. By bisection: a dozen decodings instead of one a token. */
export function countTokens(tokens: readonly number[], decode: Decode, { start, end }: TextRange): number {
  if (end <= start) return 0;
  return tokenAt(tokens, decode, end - 1) - tokenAt(tokens, decode, start) + 1;
}

/** @param decode leaves special tokens out */
export function toCandidate(index: number, { tokens, ended }: Completion, format: ThoughtPrompt, decode: Decode): Candidate {
  const written = ended ? tokens.slice(0, -1) : tokens;
  const text = decode(written);
  const { thought, response, malformed, thoughtRange, responseRange } = parseCompletion(text, ended, format);
  return {
    index,
    tokens,
    text,
    ended,
    thought,
    response,
    malformed,
    thoughtTokens: countTokens(written, decode, thoughtRange),
    responseTokens: countTokens(written, decode, responseRange),
    score: null,
    correct: null,
    s: null,
  };
}
