import { describe, expect, it } from 'vitest';
import type { Gguf } from '../../formats/gguf/gguf';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { Tokenizer } from '../tokenizer/tokenizer';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer';
import { ggufTokens, mergesFromScores, TOKEN_TYPE } from './gguf-tokens';

const PIECES = [
  '▁',
  'a',
  'b',
  'n',
  '漢',
  '🙂',
  '🙃',
  'an',
  'na',
  'ab',
  'ba',
  '▁a',
  '▁b',
  'ana',
  'nan',
  'ban',
  '▁ban',
  'anana',
  '▁banana',
  '▁▁',
  '漢漢',
  '🙂🙃',
  'a🙂',
];
/** Scores are small numbers that differ, with some pieces much better than others. */
const random = new Random(2);
const scored = PIECES.map((text, i) => ({
  text,
  type: TOKEN_TYPE.normal,
  score: -(i * 3 + random.below(40)) - i / 100,
}));
const BYTES = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
const TOKENS = [
  { text: '<unk>', type: TOKEN_TYPE.unknown, score: 0 },
  { text: '<s>', type: TOKEN_TYPE.control, score: 0 },
  ...BYTES.map((text) => ({ text, type: TOKEN_TYPE.byte, score: 0 })),
  ...scored,
];

const gguf = (prefix: boolean | null): Gguf => ({
  name: 'made-up.gguf',
  metadata: new Map<string, Gguf['metadata'] extends ReadonlyMap<string, infer V> ? V : never>([
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.tokens', TOKENS.map(({ text }) => text)],
    ['tokenizer.ggml.token_type', TOKENS.map(({ type }) => type)],
    ['tokenizer.ggml.scores', TOKENS.map(({ score }) => score)],
    ...(prefix === null ? [] : [['tokenizer.ggml.add_space_prefix', prefix] as const]),
  ]),
  file: {
    tensors: new Map(),
    metadata: {},
    read: async () => new Uint8Array(),
    readRows: async () => new Uint8Array(),
  },
});
const open = (file: Gguf) => new Tokenizer(ggufTokenizer(file), JSON.stringify(ggufTokenizerConfig(file)));

/** llama.cpp's algorithm: among all neighbours whose union is a token, those with the highest score merge first. */
function byScore(text: string): number[] {
  const symbols = [...text.replaceAll(' ', '▁')];
  const ids = new Map(TOKENS.map(({ text: piece }, id) => [piece, id]));
  const score = (i: number) =>
    scored.find((piece) => piece.text === at(symbols, i) + at(symbols, i + 1))?.score ?? -Infinity;
  for (;;) {
    const scores = symbols.slice(1).map((_, i) => score(i));
    const best = Math.max(-Infinity, ...scores);
    if (best === -Infinity) break;
    const i = scores.indexOf(best);
    symbols.splice(i, 2, at(symbols, i) + at(symbols, i + 1));
  }
  return symbols.flatMap((symbol) => {
    const id = ids.get(symbol);
    return id === undefined ? [...new TextEncoder().encode(symbol)].map((b) => 2 + b) : [id];
  });
}

describe('merges by score', () => {
  it('produce llama.cpp’s tokens, and bytes for unknown characters', () => {
    const tokenizer = open(gguf(false));
    const parts = [' ', 'a', 'b', 'n', 'ana', ' banana', '漢', '🙂', '🙃', 'z', 'é', '<s', '>'];
    const texts = new Random(7);
    for (let i = 0; i < 500; i++) {
      const text = Array.from({ length: 1 + texts.below(15) }, () => at(parts, texts.below(parts.length))).join('');
      if (text.includes('<s>')) continue;
      expect([text, tokenizer.encode(text)]).toEqual([text, byScore(text)]);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it('add a leading space by default, and remove it again', () => {
    const tokenizer = open(gguf(null));
    expect(tokenizer.encode('banana')).toEqual(byScore(' banana'));
    expect(tokenizer.decode(tokenizer.encode('banana'))).toBe('banana');
    expect(tokenizer.encode('<s>a')).toEqual([1, ...byScore(' a')]);
    expect(open(gguf(true)).encode('an')).toEqual(byScore(' an'));
  });

  it('never produce a control token, and never split a character', () => {
    const merges = mergesFromScores(ggufTokens(gguf(false)));
    expect(merges).toContainEqual(['🙂', '🙃']);
    expect(merges).toContainEqual(['▁', 'a']);
    expect(merges.flat().every((part) => PIECES.includes(part) || [...part].length === 1)).toBe(true);
    const union = ([left, right]: [string, string]) => left + right;
    expect(new Set(merges.map(union))).not.toContain('<s>');
    const order = merges.map((merge) => scored.find(({ text }) => text === union(merge))?.score ?? Number.NaN);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
  });
});
