import { describe, expect, it } from 'vitest';
import { weightsBytes } from './webllm-size';

const FOLDER = 'https://a.example/mine/resolve/main/';
const answering = (body: string, init: ResponseInit = {}) => {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request) => {
    asked.push(String(input instanceof Request ? input.url : input));
    return new Response(body, { headers: { 'content-type': 'application/json' }, ...init });
  };
  return { asked, bytes: () => weightsBytes(FOLDER, fetch) };
};

describe('the size of a model', () => {
  it('is that of its shards', async () => {
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
  ])('is unknown where the host answers otherwise (%#)', async (body, init, code) => {
    await expect(answering(body, init).bytes()).rejects.toMatchObject({ code });
  });

  it('is unknown where the host cannot be reached', async () => {
    const fetch = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(weightsBytes(FOLDER, fetch)).rejects.toMatchObject({ code: 'hub-unreachable' });
  });
});
