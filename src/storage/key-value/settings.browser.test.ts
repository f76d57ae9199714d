import { createStore, set } from 'idb-keyval';
import { afterEach, expect, it, vi } from 'vitest';
import { createSettingsStorage } from './settings';

afterEach(() => {
  vi.unstubAllGlobals();
});

const defaults = { theme: 'system', follow: true, smoothing: 0.5, shortcuts: true, recipeOpen: false };
const fresh = () => `test-${crypto.randomUUID()}`;

it('loads what was saved', async () => {
  const name = fresh();
  expect(await createSettingsStorage(name).load()).toEqual(defaults);
  const settings = { theme: 'dark', follow: false, smoothing: 0, shortcuts: false, recipeOpen: true } as const;
  await createSettingsStorage(name).save(settings);
  expect(await createSettingsStorage(name).load()).toEqual(settings);
});

it('replaces missing and invalid fields by defaults, and keeps the rest', async () => {
  const name = fresh();
  await set(
    'settings',
    { version: 1, settings: { theme: 'purple', smoothing: 7, follow: false } },
    createStore(name, 'values'),
  );
  expect(await createSettingsStorage(name).load()).toEqual({ ...defaults, follow: false });
});

it('starts from the defaults if the stored record is invalid or of another version', async () => {
  for (const value of ['nonsense', null, { version: 99, settings: { follow: false } }]) {
    const name = fresh();
    await set('settings', value, createStore(name, 'values'));
    expect(await createSettingsStorage(name).load()).toEqual(defaults);
  }
});

it('reports a browser that allows no storage', async () => {
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw new DOMException('denied', 'SecurityError');
    },
  });
  await expect(createSettingsStorage(fresh()).load()).rejects.toMatchObject({ code: 'no-storage' });
});
