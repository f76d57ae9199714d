import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { at } from '../lib/assert';
import { Database } from './database';
import { BUNDLED, createPromptSets, type NewPromptSet, type PromptSets } from './prompt-sets';

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

it('lists the bundled sets without fetching them, and fetches each once', async () => {
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
  expect(await sets.get('tiny-heldout')).toHaveLength(300);
  expect(fetched).toHaveBeenCalledTimes(1);
});

it('states the right number of rows for the bundled sets', async () => {
  for (const [id, { rows }] of Object.entries(BUNDLED)) expect(await sets.get(id), id).toHaveLength(rows);
});

it('stores an imported set under an id that is made from its content', async () => {
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

it('keeps the order of a set of several megabytes', async () => {
  const long = 'x'.repeat(20_000);
  const jsonl = Array.from({ length: 600 }, (_, n) =>
    JSON.stringify({ id: `p${n}`, instruction: `${n} ${long}` }),
  ).join('\n');
  const { id } = await sets.addJsonl('long', jsonl);
  expect(await database.read(['promptBlocks'], (transaction) => transaction.objectStore('promptBlocks').count())).toBe(
    3,
  );
  expect((await sets.get(id)).map((prompt) => prompt.id)).toEqual(Array.from({ length: 600 }, (_, n) => `p${n}`));
});

it('refuses an invalid set, names the line, and stores nothing', async () => {
  await expect(sets.addJsonl('bad', `${line(1)}\n{"instruction": 3}`)).rejects.toMatchObject({
    code: 'bad-prompts',
    message: expect.stringContaining('Line 2'),
  });
  expect(await database.read(['promptSets'], (transaction) => transaction.objectStore('promptSets').count())).toBe(0);
});

it('names the bundled file that could not be loaded, and tries again', async () => {
  vi.spyOn(globalThis, 'fetch').mockResolvedValueOnce(new Response('', { status: 404 }));
  await expect(sets.get('everyday')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('everyday.jsonl'),
  });
  expect(await sets.get('everyday')).toHaveLength(200);
});

it('stores the origin of a set, and can rename it', async () => {
  const columns = {
    instruction: 'q',
    input: null,
    answer: null,
    checkColumn: null,
    check: null,
    category: null,
    id: null,
  };
  const facts = {
    origin: {
      kind: 'dataset',
      repository: 'owner/set',
      revision: 'abc',
      file: 'x.csv',
      licence: 'mit',
      format: 'csv',
    },
    split: { side: 'held-out', share: 0.1 },
    columns,
    leftOut: { faulty: 2, duplicates: 3 },
  } as const;
  const info = at(await sets.add({ name: 'A, held out', prompts: [{ id: 'a', instruction: 'One?' }], facts }), 0);
  expect(info).toMatchObject({ ...facts, name: 'A, held out', rows: 1, bundled: false });
  expect(await sets.rename(info.id, 'Mine')).toEqual({ ...info, name: 'Mine' });
  expect((await sets.list()).at(-1)).toEqual({ ...info, name: 'Mine' });
  expect(await sets.get(info.id)).toEqual([{ id: 'a', instruction: 'One?' }]);
  await expect(sets.rename('everyday', 'x')).rejects.toMatchObject({ code: 'not-found' });
});

const setOf = (name: string, instruction: string): NewPromptSet => ({
  ...{ name, prompts: [{ id: 'a', instruction }] },
  facts: {
    origin: { kind: 'paste', format: 'lines' },
    split: null,
    columns: null,
    leftOut: { faulty: 0, duplicates: 0 },
  },
});

it('stores both sides of a split or none, and reports a full disk in terms of prompts', async () => {
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value: unknown, key) {
    if (typeof value === 'object' && value !== null && 'set' in value && String(value.set).startsWith('second'))
      throw new DOMException('full', 'QuotaExceededError');
    return put.call(this, value, key);
  });
  await expect(sets.add(setOf('First', 'One?'), setOf('Second', 'Two?'))).rejects.toMatchObject({
    code: 'storage-full',
    message: 'The browser has no room left for these prompts.',
    advice: expect.stringMatching(/^Nothing was imported/),
  });
  expect((await sets.list()).filter(({ bundled }) => !bundled)).toEqual([]);
  vi.restoreAllMocks();
  expect(await sets.add(setOf('First', 'One?'), setOf('Second', 'Two?'))).toMatchObject([
    { name: 'First' },
    { name: 'Second' },
  ]);
});

it('leaves a set unchanged when it is imported again', async () => {
  const { id, created } = at(await sets.add(setOf('Sums', 'One?')), 0);
  await sets.rename(id, 'Mine');
  expect(await sets.add(setOf('Sums', 'One?'))).toMatchObject([{ id, name: 'Mine', created }]);
});

it('keeps letters of any script in the id', async () => {
  const ids = await sets.add(setOf('Überschläge.csv', '1'), setOf('算数の問題', '1'), setOf('…', '1'));
  expect(ids.map(({ id }) => id.slice(0, -9))).toEqual(['überschläge', '算数の問題', 'prompts']);
});
