import { createStore, set } from 'idb-keyval';
import { expect, it, vi } from 'vitest';
import { createWebllmStorage } from './webllm';

const fresh = () => `test-${crypto.randomUUID()}`;
const kept = {
  added: [{ id: 'mine', model: 'https://a.example/mine/', modelLib: 'https://a.example/mine-v1.wasm', created: 1 }],
  sizes: [{ id: 'mine', bytes: 111e6 }],
};

it('loads what was saved', async () => {
  const name = fresh();
  expect(await createWebllmStorage(name).load()).toEqual({ added: [], sizes: [] });
  await createWebllmStorage(name).save(kept);
  expect(await createWebllmStorage(name).load()).toEqual(kept);
});

it('starts empty if the stored record is invalid or of another version', async () => {
  for (const value of [
    'nonsense',
    { version: 99, kept },
    { version: 1, kept: { added: [{ id: 'mine' }], sizes: [] } },
  ]) {
    const name = fresh();
    await set('models', value, createStore(name, 'values'));
    expect(await createWebllmStorage(name).load()).toEqual({ added: [], sizes: [] });
  }
});

it('deletes the files of one model from WebLLM’s caches, and nothing else', async () => {
  const at = (path: string) => new URL(`/${path}`, location.href).href;
  const files = {
    'webllm/model': ['mine/resolve/main/params_shard_0.bin', 'other/resolve/main/params_shard_0.bin'],
    'webllm/wasm': ['mine-v1.wasm', 'other-v1.wasm'],
    unrelated: ['mine/resolve/main/kept.bin'],
  };
  for (const [scope, paths] of Object.entries(files)) {
    const cache = await caches.open(scope);
    for (const path of paths) await cache.put(at(path), new Response('bytes'));
  }
  await createWebllmStorage(fresh()).deleteFiles([at('mine/'), at('mine-v1.wasm')]);
  const left = async (scope: string) => (await (await caches.open(scope)).keys()).map(({ url }) => url);
  expect(await left('webllm/model')).toEqual([at('other/resolve/main/params_shard_0.bin')]);
  expect(await left('webllm/wasm')).toEqual([at('other-v1.wasm')]);
  expect(await left('unrelated')).toEqual([at('mine/resolve/main/kept.bin')]);
  for (const scope of Object.keys(files)) await caches.delete(scope);
});

it('reports a browser that allows no storage', async () => {
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw new DOMException('denied', 'SecurityError');
    },
  });
  await expect(createWebllmStorage(fresh()).load()).rejects.toMatchObject({ code: 'no-storage' });
  vi.unstubAllGlobals();
});
