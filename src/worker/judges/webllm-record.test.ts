import { describe, expect, it } from 'vitest';
import { checkedRecord, folderOf } from './webllm-record';

const BASE = 'https://lab.example/thinking/';
const record = { id: 'mine-q4f32_1', model: 'https://a.example/mine', modelLib: 'https://a.example/mine-v1.wasm' };

describe('a model that is added', () => {
  it('has a folder, and may lie beside the page or on this machine', () => {
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
    [{ model: '' }, 'weights is none'],
    [{ model: 'http://a.example/mine' }, 'neither https'],
    [{ modelLib: 'http://localhost.evil.example/a.wasm' }, 'neither https'],
    [{ modelLib: 'data:application/wasm;base64,AA' }, 'neither https'],
    [{ modelLib: 'javascript:0' }, 'neither https'],
    [{ model: 'https://me:secret@a.example/' }, 'password'],
    [{ model: 'https://' }, 'is none'],
  ])('is refused: %o', (change, words) => {
    expect(() => checkedRecord({ ...record, ...change }, BASE)).toThrow(words);
  });
});

it('the folder is the last revision unless the address names one', () => {
  expect(folderOf('https://huggingface.co/mlc-ai/M/')).toBe('https://huggingface.co/mlc-ai/M/resolve/main/');
  expect(folderOf('https://huggingface.co/mlc-ai/M/resolve/0123abc/')).toBe(
    'https://huggingface.co/mlc-ai/M/resolve/0123abc/',
  );
});
