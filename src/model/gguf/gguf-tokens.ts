/** The vocabulary of a GGUF file: texts, scores, types, and the tokens with special roles. */
import type { Gguf } from '../../formats/gguf/gguf';
import { badMetadata, COUNT, ggufValue, NUMBERS, optionalGgufValue, TEXTS } from './gguf-metadata';

/** llama.cpp's `llama_token_type`. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const TEXTS_KEY = 'tokenizer.ggml.tokens';

/** Tokens that end a turn in the chat formats of known families, for files that give no id. */
const TURN_ENDS = ['<|im_end|>', '<|eot_id|>', '<end_of_turn>', '<|end|>'];

export interface GgufToken {
  readonly id: number;
  readonly text: string;
  /** 0 if the file has no scores. */
  readonly score: number;
  readonly type: number;
}

/** @throws LabError bad-file */
export function ggufTokens(gguf: Gguf): GgufToken[] {
  const texts = ggufValue(gguf, TEXTS_KEY, TEXTS);
  const scores = optionalGgufValue(gguf, 'tokenizer.ggml.scores', NUMBERS);
  const types = optionalGgufValue(gguf, 'tokenizer.ggml.token_type', NUMBERS);
  for (const [what, list] of [['scores', scores] as const, ['types', types] as const]) {
    if (list !== undefined && list.length !== texts.length)
      throw badMetadata(gguf, `its vocabulary has ${texts.length} tokens, but ${list.length} ${what}`);
  }
  const special = new Set(['bos', 'eos', 'eot', 'eom'].map((name) => tokenId(gguf, name)));
  const seen = new Set<string>();
  return texts.map((text, id) => {
    if (seen.has(text)) throw badMetadata(gguf, `its vocabulary has the token ${JSON.stringify(text)} twice`);
    seen.add(text);
    // Older files declare these tokens as normal.
    const control = special.has(id) || TURN_ENDS.includes(text);
    return {
      id,
      text,
      score: scores?.[id] ?? 0,
      type: control ? TOKEN_TYPE.control : (types?.[id] ?? TOKEN_TYPE.normal),
    };
  });
}

/** Texts by id. Empty if the file has no vocabulary; the tokenizer is then in files next to it. */
export function ggufTexts(gguf: Gguf): readonly string[] {
  return optionalGgufValue(gguf, TEXTS_KEY, TEXTS) ?? [];
}

/**
 * Id of a token by its role: bos, eos, eot (end of turn), eom, unknown, padding. Null if the file names none, or one
 * outside of its vocabulary.
 */
export function tokenId(gguf: Gguf, part: string): number | null {
  const id = optionalGgufValue(gguf, `tokenizer.ggml.${part}_token_id`, COUNT);
  return id === undefined || id >= ggufTexts(gguf).length ? null : id;
}

/** The tokens that end a turn. Those that the file names come first. */
export function turnEnds(gguf: Gguf): number[] {
  const texts = ggufTexts(gguf);
  const named = ['eos', 'eot', 'eom'].map((part) => tokenId(gguf, part));
  const standardEnds = TURN_ENDS.map((name) => texts.indexOf(name)).filter((id) => id >= 0);
  return [...new Set([...named.filter((id) => id !== null), ...standardEnds])];
}

/**
 * The merges of a SentencePiece vocabulary, which has scores instead of merges: among all neighbours whose union is a
 * token, those with the highest score merge first. A list of pairs in this order is byte-pair encoding (transformers
 * converts such vocabularies in the same way). Pairs are sorted by descending score of their union; for equal unions,
 * the pair with the longest left part is first.
 */
export function mergesFromScores(tokens: readonly GgufToken[]): [string, string][] {
  const pieces = tokens.filter(({ type }) => type === TOKEN_TYPE.normal || type === TOKEN_TYPE.unused);
  const pieceTexts = new Set(pieces.map(({ text }) => text));
  // Before any merge, every character is a piece, even if it is not a token.
  const isPiece = (text: string) => pieceTexts.has(text) || text.length === 1 || isPair(text);
  const merges: [string, string][] = [];
  // Sorting is stable, so for equal scores the lower id is first.
  for (const { text } of [...pieces].sort((a, b) => b.score - a.score)) {
    for (let cut = text.length - 1; cut > 0; cut--) {
      // A cut must not split a surrogate pair.
      if (isLowSurrogate(text.charCodeAt(cut))) continue;
      const left = text.slice(0, cut);
      const right = text.slice(cut);
      if (isPiece(left) && isPiece(right)) merges.push([left, right]);
    }
  }
  return merges;
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code < 0xe000;

/** True for one character of two UTF-16 code units. */
const isPair = (text: string): boolean => text.length === 2 && isLowSurrogate(text.charCodeAt(1));
