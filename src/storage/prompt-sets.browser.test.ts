import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Database } from './database';
import { createPromptSets, type PromptSets } from './prompt-sets';

let database: Database;
let sets: PromptSets;

beforeEach(() => {
  database = new Database(`test-${crypto.randomUUID()}`);
  sets = createPromptSets(database, new URL('/', location.href).href);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await database.close();
  await deleteDB(database.name);
});

const line = (n: number) =>
  JSON.stringify({ id: `p${n}`, instruction: `How much is ${n} + 1?`, answer: String(n + 1), check: 'number' });

it('lists and reads the bundled sets, fetching each once', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch');
  expect(await sets.list()).toMatchObject([
    { id: 'tiny-train', name: 'Tiny tasks, training', rows: 1500, bundled: true, origin: { kind: 'bundled' } },
    { id: 'tiny-heldout', name: 'Tiny tasks, held out', rows: 300, bundled: true },
    { id: 'everyday', name: 'Everyday instructions', rows: 200, bundled: true },
  ]);
  expect((await sets.get('tiny-heldout'))[0]).toMatchObject({
    id: 'heldout-0001',
    category: 'count',
    answer: '2',
    check: 'number',
  });
  expect(fetched).toHaveBeenCalledTimes(3);
});

it('keeps an imported set, under an id that its content decides', async () => {
  const jsonl = [1, 2, 3].map(line).join('\n');
  const info = await sets.addJsonl('My Sums.jsonl', jsonl);
  expect(info).toMatchObject({ name: 'My Sums.jsonl', rows: 3, bundled: false });
  expect(info.id).toMatch(/^my-sums-[0-9a-f]{8}$/);
  expect(await sets.addJsonl('My Sums.jsonl', jsonl)).toEqual({ ...info, created: expect.any(Number) });
  expect((await sets.addJsonl('My Sums.jsonl', `${jsonl}\n${line(4)}`)).id).not.toBe(info.id);
  expect((await sets.list()).filter(({ bundled }) => !bundled)).toHaveLength(2);
  expect((await sets.get(info.id)).map(({ id }) => id)).toEqual(['p1', 'p2', 'p3']);
  await sets.delete(info.id);
  await expect(sets.get(info.id)).rejects.toMatchObject({ code: 'not-found' });
});

it('keeps the order of a set of many megabytes', async () => {
  const long = 'x'.repeat(20_000);
  const jsonl = Array.from({ length: 600 }, (_, n) => JSON.stringify({ id: `p${n}`, instruction: `${n} ${long}` })).join('\n');
  const { id } = await sets.addJsonl('long', jsonl);
  expect(await database.read(['promptBlocks'], (transaction) => transaction.objectStore('promptBlocks').count())).toBe(3);
  expect((await sets.get(id)).map((prompt) => prompt.id)).toEqual(Array.from({ length: 600 }, (_, n) => `p${n}`));
});

it('refuses what is not one, with the line, and stores nothing', async () => {
  await expect(sets.addJsonl('bad', `${line(1)}\n{"instruction": 3}`)).rejects.toMatchObject({
    code: 'bad-prompts',
    message: expect.stringContaining('Line 2'),
  });
  expect(await database.read(['promptSets'], (transaction) => transaction.objectStore('promptSets').count())).toBe(0);
});

it('says which bundled file could not be loaded, and tries again', async () => {
  vi.spyOn(globalThis, 'fetch').mockResolvedValueOnce(new Response('', { status: 404 }));
  await expect(sets.get('everyday')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('everyday.jsonl'),
  });
  expect(await sets.get('everyday')).toHaveLength(200);
});

it('says where a set came from, and takes another name for it', async () => {
  const columns = { instruction: 'q', input: null, answer: null, checkColumn: null, check: null, category: null, id: null };
  const facts = {
    origin: { kind: 'dataset', repository: 'owner/set', revision: 'abc', file: 'x.csv', licence: 'mit', format: 'csv' },
    split: { side: 'held-out', share: 0.1 },
    columns,
    leftOut: { faulty: 2, duplicates: 3 },
  } as const;
  const info = await sets.add('A, held out', [{ id: 'a', instruction: 'One?' }], facts);
  expect(info).toMatchObject({ ...facts, name: 'A, held out', rows: 1, bundled: false });
  expect(await sets.rename(info.id, 'Mine')).toEqual({ ...info, name: 'Mine' });
  expect((await sets.list()).at(-1)).toEqual({ ...info, name: 'Mine' });
  expect(await sets.get(info.id)).toEqual([{ id: 'a', instruction: 'One?' }]);
  await expect(sets.rename('everyday', 'x')).rejects.toMatchObject({ code: 'not-found' });
});
