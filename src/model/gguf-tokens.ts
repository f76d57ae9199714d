/** The vocabulary of a GGUF file: texts, scores, types, and the tokens that have a part to play. */
import type { Gguf } from '../formats/gguf/gguf';
import { badMetadata, COUNT, ggufValue, NUMBERS, optionalGgufValue, TEXTS } from './gguf-metadata';

/** llama.cpp's `llama_token_type`. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const TEXTS_KEY = 'tokenizer.ggml.tokens';

/** Names that end a turn in the chat formats of the known families, where a file gives no id. */
const TURN_ENDS = ['<|im_end|>', '<|eot_id|>', '<end_of_turn>', '<|end|>'];

export interface GgufToken {
  readonly id: number;
  readonly text: string;
  /** 0 where the file has none. */
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
    // Older files have such tokens as normal ones.
    const control = special.has(id) || TURN_ENDS.includes(text);
    return {
      id,
      text,
      score: scores?.[id] ?? 0,
      type: control ? TOKEN_TYPE.control : (types?.[id] ?? TOKEN_TYPE.normal),
    };
  });
}

/** By id; empty where the file has no vocabulary, and a tokenizer must lie beside it. */
export function ggufTexts(gguf: Gguf): readonly string[] {
  return optionalGgufValue(gguf, TEXTS_KEY, TEXTS) ?? [];
}

/** By its part: bos, eos, eot (end of turn), eom, unknown, padding. null where the file names none, or one outside of its vocabulary. */
export function tokenId(gguf: Gguf, part: string): number | null {
  const id = optionalGgufValue(gguf, `tokenizer.ggml.${part}_token_id`, COUNT);
  return id === undefined || id >= ggufTexts(gguf).length ? null : id;
}

/** The tokens that end a turn, those that the file names first. */
export function turnEnds(gguf: Gguf): number[] {
  const texts = ggufTexts(gguf);
  const named = ['eos', 'eot', 'eom'].map((part) => tokenId(gguf, part));
  const known = TURN_ENDS.map((name) => texts.indexOf(name)).filter((id) => id >= 0);
  return [...new Set([...named.filter((id) => id !== null), ...known])];
}
