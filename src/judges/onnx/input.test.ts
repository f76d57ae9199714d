import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { batches, judgeInput, MAX_TOKENS } from './input';

const folder = new URL('../../../public/models/tiny-judge/', import.meta.url);
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const tokenizer = new Tokenizer(
  v.parse(v.looseObject({}), json('tokenizer.json')),
  v.parse(v.looseObject({}), json('tokenizer_config.json')),
);
const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
const END = encode('<|im_end|>');

describe('judgeInput', () => {
  const Examples = v.array(
    v.object({ instruction: v.string(), response: v.string(), input_ids: v.array(v.number()) }),
  );
  const examples = v.parse(Examples, json('examples.json'));

  test('gives the published ids of all 24 examples', () => {
    expect(examples).toHaveLength(24);
    for (const { instruction, response, input_ids } of examples) {
      expect(judgeInput(encode, instruction, response)).toEqual(input_ids);
    }
  });

  test('trims the response', () => {
    expect(judgeInput(encode, 'Add 1 and 2.', '\n 3 \t')).toEqual(judgeInput(encode, 'Add 1 and 2.', '3'));
  });

  test('cuts a long response and still closes the turn', () => {
    const whole = encode(
      `<|im_start|>user\nAdd 1 and 2.<|im_end|>\n<|im_start|>assistant\n${'3 '.repeat(400).trim()}`,
    );
    const ids = judgeInput(encode, 'Add 1 and 2.', '3 '.repeat(400));
    expect(ids).toEqual([...whole.slice(0, MAX_TOKENS - 1), ...END]);
    expect(ids).toHaveLength(MAX_TOKENS);
  });

  test('leaves an input of exactly the limit alone', () => {
    const shell = judgeInput(encode, 'Add 1 and 2.', '')?.length ?? 0;
    const response = '1'.repeat(MAX_TOKENS - shell);
    const ids = judgeInput(encode, 'Add 1 and 2.', response);
    expect(ids).toEqual(
      encode(`<|im_start|>user\nAdd 1 and 2.<|im_end|>\n<|im_start|>assistant\n${response}<|im_end|>`),
    );
    expect(ids).toHaveLength(MAX_TOKENS);
  });

  test('has no input where the instruction leaves no room', () => {
    expect(judgeInput(encode, '1'.repeat(MAX_TOKENS), '3')).toBeNull();
  });
});

describe('batches', () => {
  const of = (...lists: number[][]) => lists.map((ids) => ({ ids }));
  const limits = { rows: 2, tokens: 100, pad: 9 };

  test('pads on the right under mask 0, shortest first, and keeps every row', () => {
    const [first, second, ...rest] = batches([{ ids: [5, 6, 7], types: [0, 1, 1] }, ...of([8], [9, 10])], limits);
    expect(rest).toEqual([]);
    expect(first).toEqual({
      rows: [1, 2],
      shape: [2, 2],
      inputIds: Int32Array.of(8, 9, 9, 10),
      attentionMask: Int32Array.of(1, 0, 1, 1),
      tokenTypes: Int32Array.of(0, 0, 0, 0),
    });
    expect(second).toEqual({
      rows: [0],
      shape: [1, 3],
      inputIds: Int32Array.of(5, 6, 7),
      attentionMask: Int32Array.of(1, 1, 1),
      tokenTypes: Int32Array.of(0, 1, 1),
    });
  });

  test('takes fewer rows where they are long, and a longer one alone', () => {
    const inputs = [7, 2, 2, 2, 3, 12].map((length) => ({ ids: new Array<number>(length).fill(1) }));
    const made = batches(inputs, { rows: 8, tokens: 8, pad: 0 });
    expect(made.map(({ rows }) => rows)).toEqual([[1, 2, 3], [4], [0], [5]]);
  });

  test('an empty list gives no batches', () => {
    expect(batches([], limits)).toEqual([]);
  });
});
