/** A completion as a candidate: decoded, parsed, its thought and response counted in tokens. Scores come later. */

import { StreamDecoder } from '../../lib/stream-decoder';
import type { Candidate } from '../../records/candidates';
import type { Completion } from '../policy';
import type { TextRange } from './find-marker';
import { type CompletionFormat, parseCompletion } from './parse-completion';

type Decode = (tokens: readonly number[]) => string;

/** What each token writes: a character of several tokens is written by all of them, a special token writes nothing. */
export function tokenSpans(tokens: readonly number[], decode: Decode): TextRange[] {
  const stream = new StreamDecoder(decode);
  let end = 0;
  return tokens.map((token) => {
    const start = end;
    end += stream.push(token).length;
    return { start, end: stream.holding ? end + 1 : end };
  });
}

/** Tokens that write any of these characters. */
export const countTokens = (spans: readonly TextRange[], { start, end }: TextRange): number =>
  spans.filter((span) => Math.max(span.start, start) < Math.min(span.end, end)).length;

/** @param decode leaves special tokens out */
export function toCandidate(
  index: number,
  { tokens, ended }: Completion,
  format: CompletionFormat,
  decode: Decode,
): Candidate {
  const written = ended ? tokens.slice(0, -1) : tokens;
  const text = decode(written);
  const { thought, response, malformed, thoughtRange, responseRange } = parseCompletion(text, ended, format);
  const spans = tokenSpans(written, decode);
  return {
    index,
    tokens,
    text,
    ended,
    thought,
    response,
    malformed,
    thoughtTokens: countTokens(spans, thoughtRange),
    responseTokens: countTokens(spans, responseRange),
    score: null,
    correct: null,
    s: null,
  };
}
