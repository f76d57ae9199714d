import { describe, expect, it } from 'vitest';
import { cacheBytes, weightsBytes } from './webllm-size';

const FOLDER = 'https://a.example/mine/resolve/main/';
const answering = (body: string, init: ResponseInit = {}) => {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request) => {
    asked.push(String(input instanceof Request ? input.url : input));
    return new Response(body, { headers: { 'content-type': 'application/json' }, ...init });
  };
  return { asked, bytes: () => weightsBytes(FOLDER, fetch), cache: () => cacheBytes(FOLDER, fetch) };
};

describe('the size of a model', () => {
  it('is the sum of its shards', async () => {
    const { asked, bytes } = answering('{"metadata":{},"records":[{"nbytes":30,"dataPath":"a"},{"nbytes":12}]}');
    expect(await bytes()).toBe(42);
    expect(asked).toEqual([`${FOLDER}tensor-cache.json`]);
  });

  it.each([
    ['', { status: 404 }, 'not-found'],
    ['', { status: 503 }, 'hub-failed'],
    ['<!doctype html>', { headers: { 'content-type': 'text/html' } }, 'hub-failed'],
    ['{', {}, 'hub-failed'],
    ['{"records":[]}', {}, 'hub-failed'],
    ['{"records":[{"nbytes":-1}]}', {}, 'hub-failed'],
    [' '.repeat(16_000_001), {}, 'hub-failed'],
  ])('is an error if the host answers otherwise (%#)', async (body, init, code) => {
    await expect(answering(body, init).bytes()).rejects.toMatchObject({ code });
  });

  it('is an error if the host cannot be reached', async () => {
    const fetch = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(weightsBytes(FOLDER, fetch)).rejects.toMatchObject({ code: 'hub-unreachable' });
  });
});

describe('the memory of a model’s KV cache', () => {
  /** SmolLM2-135M. */
  const shape = { num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3, hidden_size: 576 };
  const config = { quantization: 'q4f32_1', context_window_size: 2048, model_config: { ...shape, head_dim: 64 } };

  it('is computed for the whole context', async () => {
    const { asked, cache } = answering(JSON.stringify(config));
    expect(await cache()).toBe(94_371_840);
    expect(asked).toEqual([`${FOLDER}mlc-chat-config.json`]);
    expect(await answering(JSON.stringify({ ...config, quantization: 'q4f16_1' })).cache()).toBe(94_371_840 / 2);
    expect(await answering(JSON.stringify({ ...config, model_config: shape })).cache()).toBe(94_371_840);
  });

  it('is null for another architecture, and an error if there is no model', async () => {
    expect(await answering('{"quantization":"q4f16_1"}').cache()).toBeNull();
    expect(await answering(JSON.stringify({ ...config, context_window_size: -1 })).cache()).toBeNull();
    await expect(answering('', { status: 404 }).cache()).rejects.toMatchObject({ code: 'not-found' });
  });
});
