/**
 * A completion as a candidate: decoded, parsed, its thought and response counted in tokens. Scores are added by the
 * judge.
 */

import { StreamDecoder } from '../../lib/stream-decoder';
import type { Completion } from '../../model/generation/request';
import type { Candidate, Malformed } from '../../records/candidates';
import type { TextRange } from './find-marker';
import { type CompletionFormat, parseCompletion } from './parse-completion';

type Decode = (tokens: readonly number[]) => string;

/**
 * The range of text that each token writes. A character made of several tokens is in the range of each of them; a
 * special token has an empty range.
 */
export function tokenSpans(tokens: readonly number[], decode: Decode): TextRange[] {
  const stream = new StreamDecoder(decode);
  let end = 0;
  return tokens.map((token) => {
    const start = end;
    end += stream.push(token).length;
    return { start, end: stream.holding ? end + 1 : end };
  });
}

/** The number of tokens that write at least one character of the range. */
export const countTokens = (spans: readonly TextRange[], { start, end }: TextRange): number =>
  spans.filter((span) => Math.max(span.start, start) < Math.min(span.end, end)).length;

/** @param decode omits special tokens */
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

const MALFORMED: readonly Malformed[] = ['no-marker', 'truncated', 'empty-response'];

/**
 * Why candidates are malformed, the most frequent reason first, e.g. "3 without the response marker",
 * "2 not ended after 512 tokens".
 * @param limit longest completion, in tokens
 */
export function malformedReasons(candidates: readonly Pick<Candidate, 'malformed'>[], limit: number): string[] {
  const words: Record<Malformed, string> = {
    'no-marker': 'without the response marker',
    truncated: `not ended after ${limit.toLocaleString('en')} tokens`,
    'empty-response': 'with an empty response',
  };
  return MALFORMED.map((reason) => ({
    reason,
    count: candidates.filter(({ malformed }) => malformed === reason).length,
  }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ reason, count }) => `${count} ${words[reason]}`);
}
