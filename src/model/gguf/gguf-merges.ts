/**
 * Merges of a SentencePiece vocabulary, which has scores instead: of all neighbours whose union is a token, those of the highest
 * score merge first. Written as a list of pairs by rank, that is byte-pair encoding (as transformers converts such vocabularies).
 */
import { type GgufToken, TOKEN_TYPE } from './gguf-tokens';

/** Pairs by descending score of their union; of one union the pair with the longest left part first. */
export function mergesFromScores(tokens: readonly GgufToken[]): [string, string][] {
  const pieces = tokens.filter(({ type }) => type === TOKEN_TYPE.normal || type === TOKEN_TYPE.unused);
  const known = new Set(pieces.map(({ text }) => text));
  // A character is a piece before any merge, whether it is a token or not.
  const isPiece = (text: string) => known.has(text) || text.length === 1 || isPair(text);
  const merges: [string, string][] = [];
  // Sorting is stable: of equal scores the lower id is first.
  for (const { text } of [...pieces].sort((a, b) => b.score - a.score)) {
    for (let cut = text.length - 1; cut > 0; cut--) {
      // Not through the middle of a character.
      if (isLowSurrogate(text.charCodeAt(cut))) continue;
      const left = text.slice(0, cut);
      const right = text.slice(cut);
      if (isPiece(left) && isPiece(right)) merges.push([left, right]);
    }
  }
  return merges;
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code < 0xe000;

/** One character of two UTF-16 code units. */
const isPair = (text: string): boolean => text.length === 2 && isLowSurrogate(text.charCodeAt(1));
