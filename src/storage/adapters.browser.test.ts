import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AdapterStore, createAdapterStore } from './adapters';
import { sweepOrphans } from './chunks';
import { Database } from './database';

let database: Database;
let adapters: AdapterStore;

beforeEach(() => {
  database = new Database(`test-${crypto.randomUUID()}`);
  adapters = createAdapterStore(database);
});

afterEach(async () => {
  await database.close();
  await deleteDB(database.name);
});

const files = { config: '{"r": 4, "name": "ü"}', weights: Uint8Array.from({ length: 1000 }, (_, i) => i % 251) };

it('are read back byte for byte, survive the sweep, and are deleted completely', async () => {
  const stored = await adapters.put('thinker.zip', files);
  expect(stored).toMatchObject({ name: 'thinker.zip', bytes: 1000 + new TextEncoder().encode(files.config).length });
  expect(await sweepOrphans(database)).toBe(0);
  expect(await adapters.list()).toEqual([stored]);
  expect(await adapters.get(stored.id)).toEqual(files);
  await adapters.delete(stored.id);
  expect(await adapters.list()).toEqual([]);
  await expect(adapters.get(stored.id)).rejects.toMatchObject({ code: 'not-found' });
  expect(await database.read(['chunks'], (transaction) => transaction.objectStore('chunks').count())).toBe(0);
});

it('that were damaged on the disk are refused', async () => {
  const { id } = await adapters.put('a', files);
  await database.write(['chunks'], async (transaction) => {
    const chunks = transaction.objectStore('chunks');
    for (const record of await chunks.getAll()) await chunks.put({ ...record, bytes: record.bytes.with(30, 255) });
  });
  await expect(adapters.get(id)).rejects.toMatchObject({ code: 'bad-file' });
});
