import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { Tokenizer } from './tokenizer';

const read = (path: string) => readFileSync(new URL(`../../../public/models/${path}`, import.meta.url), 'utf8');
const load = (model: string) => new Tokenizer(read(`${model}/tokenizer.json`), read(`${model}/tokenizer_config.json`));
const tokenizer = load('tiny-thinker');

interface Example {
  prompt_ids: number[];
  greedy_ids: number[];
  greedy_text: string;
}
const examples: Example[] = JSON.parse(read('tiny-thinker/examples.json'));

/** Letters, digits, white space, accents, scripts, emoji, and parts of names of special tokens. */
function randomText(random: Random): string {
  const parts = [
    'a',
    'The answer is ',
    '42',
    ' ',
    '\n',
    'é',
    'e\u0301',
    'न',
    'م',
    '漢',
    '🙂',
    '👨‍👩‍👧',
    '<|',
    'im_end',
    '|>',
    '<R>',
    '\u0000',
    '\u200b',
    'ß',
    'X',
  ];
  return Array.from({ length: random.below(30) }, () => at(parts, random.below(parts.length))).join('');
}

describe('Tokenizer', () => {
  it('encodes and decodes like the Python library', () => {
    for (const { prompt_ids, greedy_ids, greedy_text } of examples) {
      expect(tokenizer.encode(greedy_text)).toEqual(greedy_ids);
      expect(tokenizer.decode(greedy_ids, { special: true })).toBe(greedy_text);
      expect(tokenizer.decode(greedy_ids)).toBe(greedy_text.replace('<|im_end|>', ''));
      expect(tokenizer.encode(tokenizer.decode(prompt_ids, { special: true }))).toEqual(prompt_ids);
    }
  });

  it('treats the name of a special token in a text as text', () => {
    expect(tokenizer.encode('a<|im_end|>b')).toContain(2);
    const ids = tokenizer.encodeText('a<|im_end|>b<|endoftext|>');
    expect(ids.every((id) => id > 2)).toBe(true);
    expect(tokenizer.decode(ids)).toBe('a<|im_end|>b<|endoftext|>');
    expect(tokenizer.encodeText('plain')).toEqual(tokenizer.encode('plain'));
    expect(tokenizer.specialId('<|im_end|>')).toBe(2);
    expect(tokenizer.specialId('<|im')).toBeNull();
  });

  it.each(['tiny-thinker', 'tiny-judge'])('of %s decodes any text that it encodes', (model) => {
    const tokenizer = load(model);
    const random = new Random(1, model);
    for (let i = 0; i < 300; i++) {
      const text = randomText(random);
      expect(tokenizer.decode(tokenizer.encodeText(text))).toBe(text);
    }
  });

  it('encodes an empty text to no tokens', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([2])).toBe('');
  });

  it.each([
    ['', '{}', 'bad-file'],
    ['[]', '{}', 'bad-file'],
    ['{"model":{"type":"BPE"},"added_tokens":3}', '{}', 'bad-file'],
    [read('tiny-thinker/tokenizer.json'), 'x', 'bad-file'],
    ['{"model":{"type":"Nothing"},"added_tokens":[]}', '{}', 'unsupported-model'],
  ])('refuses the file %.40s', (file, config, code) => {
    expect(() => new Tokenizer(file, config)).toThrow(expect.objectContaining({ code }));
  });
});
