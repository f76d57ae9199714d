import { describe, expect, it } from 'vitest';
import { checkedRecord, folderOf, needsF16, nominalBytes } from './record';

const BASE = 'https://lab.example/thinking/';
const record = { id: 'mine-q4f32_1', model: 'https://a.example/mine', modelLib: 'https://a.example/mine-v1.wasm' };

describe('a model that is added', () => {
  it('has a folder, and may be served by the page or by this machine', () => {
    expect(checkedRecord(record, BASE)).toEqual({ ...record, model: 'https://a.example/mine/' });
    expect(checkedRecord({ ...record, model: 'models/mine/' }, BASE).model).toBe(
      'https://lab.example/thinking/models/mine/',
    );
    for (const host of ['localhost:8000', '127.0.0.1', '[::1]:9', 'lab.localhost']) {
      expect(checkedRecord({ ...record, model: `http://${host}/m/` }, BASE).model).toBe(`http://${host}/m/`);
    }
    expect(checkedRecord({ ...record, modelLib: ' /a.wasm#x' }, 'http://lan.example/').modelLib).toBe(
      'http://lan.example/a.wasm',
    );
  });

  it.each([
    [{ id: '' }, 'name'],
    [{ id: 'a b' }, 'name'],
    [{ id: 'x'.repeat(101) }, 'name'],
    [{ model: '' }, 'weights is not valid'],
    [{ model: 'http://a.example/mine' }, 'neither https'],
    [{ modelLib: 'http://localhost.evil.example/a.wasm' }, 'neither https'],
    [{ modelLib: 'data:application/wasm;base64,AA' }, 'neither https'],
    [{ modelLib: 'javascript:0' }, 'neither https'],
    [{ model: 'https://me:secret@a.example/' }, 'password'],
    [{ model: 'https://' }, 'is not valid'],
  ])('is refused: %o', (change, words) => {
    expect(() => checkedRecord({ ...record, ...change }, BASE)).toThrow(words);
  });
});

it('uses the latest revision of the folder unless the address names one', () => {
  expect(folderOf('https://huggingface.co/mlc-ai/M/')).toBe('https://huggingface.co/mlc-ai/M/resolve/main/');
  expect(folderOf('https://huggingface.co/mlc-ai/M/resolve/0123abc/')).toBe(
    'https://huggingface.co/mlc-ai/M/resolve/0123abc/',
  );
});

it.each([
  ['SmolLM2-135M-Instruct-q0f16-MLC', 270e6],
  ['Qwen2.5-1.5B-Instruct-q4f16_1-MLC', 840e6],
  ['Llama-3.2-3B-Instruct-q4f32_1-MLC', 1.9e9],
  ['stablelm-2-zephyr-1_6b-q4f16_1-MLC-1k', 900e6],
  ['Llama-3.1-70B-Instruct-q3f16_1-MLC', 32e9],
  ['Phi-3.5-mini-instruct-q4f16_1-MLC', null],
  ['mine-7B', null],
])('the name %s says about %s bytes', (id, bytes) => {
  expect(nominalBytes(id)).toBe(bytes);
});

it('recognises 16-bit models by their names', () => {
  expect(['Llama-3.2-1B-Instruct-q4f16_1-MLC', 'Qwen3-0.6B-q0f16-MLC'].every(needsF16)).toBe(true);
  expect(['Llama-3.2-1B-Instruct-q4f32_1-MLC', 'mine'].some(needsF16)).toBe(false);
});
