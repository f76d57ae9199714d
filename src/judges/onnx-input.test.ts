import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { batches, judgeInput, MAX_TOKENS } from './onnx-input';

const folder = new URL('../../public/models/tiny-judge/', import.meta.url);
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const tokenizer = new Tokenizer(
  v.parse(v.looseObject({}), json('tokenizer.json')),
  v.parse(v.looseObject({}), json('tokenizer_config.json')),
);
const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
const END = encode('<|im_end|>');

describe('judgeInput', () => {
  const Examples = v.array(v.object({ instruction: v.string(), response: v.string(), input_ids: v.array(v.number()) }));
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
    const whole = encode(`<|im_start|>user\nAdd 1 and 2.<|im_end|>\n<|im_start|>assistant\n${'3 '.repeat(400).trim()}`);
    const ids = judgeInput(encode, 'Add 1 and 2.', '3 '.repeat(400));
    expect(ids).toEqual([...whole.slice(0, MAX_TOKENS - 1), ...END]);
    expect(ids).toHaveLength(MAX_TOKENS);
  });

  test('leaves an input of exactly the limit alone', () => {
    const shell = judgeInput(encode, 'Add 1 and 2.', '')?.length ?? 0;
    const response = '1'.repeat(MAX_TOKENS - shell);
    const ids = judgeInput(encode, 'Add 1 and 2.', response);
    expect(ids).toEqual(encode(`<|im_start|>user\nAdd 1 and 2.<|im_end|>\n<|im_start|>assistant\n${response}<|im_end|>`));
    expect(ids).toHaveLength(MAX_TOKENS);
  });

  test('has no input where the instruction leaves no room', () => {
    expect(judgeInput(encode, '1'.repeat(MAX_TOKENS), '3')).toBeNull();
  });
});

describe('batches', () => {
  test('pads on the right with token 0 under mask 0, shortest first, and keeps every row', () => {
    const [first, second, ...rest] = batches([[5, 6, 7], [8], [9, 10]], 2);
    expect(rest).toEqual([]);
    expect(first).toEqual({
      rows: [1, 2],
      inputIds: BigInt64Array.of(8n, 0n, 9n, 10n),
      attentionMask: BigInt64Array.of(1n, 0n, 1n, 1n),
      shape: [2, 2],
    });
    expect(second).toEqual({
      rows: [0],
      inputIds: BigInt64Array.of(5n, 6n, 7n),
      attentionMask: BigInt64Array.of(1n, 1n, 1n),
      shape: [1, 3],
    });
  });

  test('of nothing are none', () => {
    expect(batches([], 8)).toEqual([]);
  });
});
