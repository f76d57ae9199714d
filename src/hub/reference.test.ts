import { describe, expect, it } from 'vitest';
import { parseReference } from './reference';

const repository = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const commit = '12fd25f77366fa6b3b4b768ec3050bf629380bac';

describe('a reference', () => {
  for (const [text, revision, file] of [
    [repository, null, null],
    [`  ${repository}\n`, null, null],
    [`${repository}@v1.0`, 'v1.0', null],
    [`${repository}@${commit}`, commit, null],
    [`${repository}@refs/pr/1`, 'refs/pr/1', null],
    [`https://huggingface.co/${repository}`, null, null],
    [`https://huggingface.co/${repository}/`, null, null],
    [`huggingface.co/${repository}`, null, null],
    [`https://hf.co/${repository}`, null, null],
    [`https://HuggingFace.co/${repository}@main`, 'main', null],
    [`https://huggingface.co/${repository}?library=transformers#usage`, null, null],
    [`https://huggingface.co/${repository}/tree/main`, 'main', null],
    [`https://huggingface.co/${repository}/tree/${commit}/onnx`, commit, null],
    [`https://huggingface.co/${repository}/tree/refs%2Fpr%2F1`, 'refs/pr/1', null],
    [`https://huggingface.co/${repository}/commit/${commit}`, commit, null],
    [`https://huggingface.co/${repository}/blob/main/a%20b.gguf`, 'main', 'a b.gguf'],
    [`https://huggingface.co/${repository}/resolve/main/x/y.gguf?download=true`, 'main', 'x/y.gguf'],
    [`https://huggingface.co/${repository}/discussions/3`, null, null],
  ] as const) {
    it(`is read: ${text.trim()}`, () => {
      expect(parseReference(text)).toEqual({ repository, revision, file });
    });
  }

  for (const text of [
    '',
    'SmolLM2',
    'a/b/c',
    '../b',
    'a b/c',
    'owner/name@',
    'https://example.com/owner/name',
    'https://example.co/owner/name',
    'https://huggingface.co/datasets/owner/name',
    'https://huggingface.co/models',
    'file:///owner/name',
  ]) {
    it(`is refused with an example of one: “${text}”`, () => {
      expect(() => parseReference(text)).toThrow(
        expect.objectContaining({ code: 'not-found', advice: expect.stringContaining('owner/name') }),
      );
    });
  }
});

describe('a data set', () => {
  for (const [text, revision, file] of [
    ['openai/gsm8k', null, null],
    ['datasets/openai/gsm8k@refs/convert/parquet', 'refs/convert/parquet', null],
    ['https://huggingface.co/datasets/openai/gsm8k/viewer/main/train', null, null],
    [
      'https://huggingface.co/datasets/openai/gsm8k/blob/main/main/train-00000-of-00001.parquet',
      'main',
      'main/train-00000-of-00001.parquet',
    ],
  ] as const) {
    it(`is read: ${text}`, () => {
      expect(parseReference(text, 'data set')).toEqual({ repository: 'openai/gsm8k', revision, file });
    });
  }

  for (const text of ['', 'gsm8k', 'https://huggingface.co/openai/gsm8k', 'datasets/gsm8k']) {
    it(`is refused with an example of one: “${text}”`, () => {
      expect(() => parseReference(text, 'data set')).toThrow(
        expect.objectContaining({ code: 'not-found', advice: expect.stringContaining('openai/gsm8k') }),
      );
    });
  }
});
