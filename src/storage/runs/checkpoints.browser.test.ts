import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LabError } from '../../lib/errors';
import { sweepOrphans } from '../chunks';
import { Database } from '../database';
import { otherTab } from '../fixtures/other-tab';
import { armState, checkpoint, floats, runSummary, stepMetrics } from '../fixtures/records';
import { commitCheckpoint, putIterationAdapter, readHead, readIterationAdapter } from './checkpoints';
import { createRunStore } from './run-store';

let database: Database;

beforeEach(async () => {
  database = new Database(`test-${crypto.randomUUID()}`);
  await createRunStore(database).create(runSummary('a'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await database.close();
  await deleteDB(database.name);
});

const old = checkpoint('thinking', 1, armState(1000, 1));
const next = checkpoint('thinking', 2, armState(1000, 2));
const chunkIds = async () =>
  (await database.read(['chunks'], (transaction) => transaction.objectStore('chunks').getAllKeys())).map(
    ([, id]) => id,
  );
const steps = () => database.read(['steps'], (transaction) => transaction.objectStore('steps').count());
const bytesOfRun = async () =>
  (await database.read(['runs'], (transaction) => transaction.objectStore('runs').get('a')))?.value.bytes;

/** Makes every write to one store fail in the way in which a request fails when the disk is full. */
function failWrites(storeName: string, name: string, message = 'made to fail'): void {
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
    // A promise instead of an IDBRequest: idb passes it on unchanged.
    if (this.name === storeName) return Promise.reject(new DOMException(message, name)) as never;
    return put.apply(this, args);
  });
}

describe('a commit', () => {
  it('replaces the head, counts its bytes and leaves one set of chunks', async () => {
    await commitCheckpoint(database, 'a', old, stepMetrics(1));
    expect(await bytesOfRun()).toBe(12_000);
    const [first] = await chunkIds();
    await commitCheckpoint(database, 'a', next, stepMetrics(2));
    const ids = await chunkIds();
    expect(ids).toHaveLength(1);
    expect(ids).not.toContain(first);
    expect(await readHead(database, 'a', 'thinking')).toEqual(next);
    expect(await bytesOfRun()).toBe(12_000);
    expect(await steps()).toBe(2);
  });

  it('is strict: chunks and manifest are on the disk when it resolves', async () => {
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await commitCheckpoint(database, 'a', old, stepMetrics(1));
    expect(transaction.mock.calls.map(([, mode, options]) => [mode, options?.durability])).toEqual([
      ['readwrite', 'strict'],
      ['readwrite', 'strict'],
    ]);
  });

  it('keeps the previous head if the tab dies before the manifest; the next start sweeps the chunks', async () => {
    await commitCheckpoint(database, 'a', old, stepMetrics(1));
    const tab = await otherTab({ name: database.name, do: 'half-commit', runId: 'a' });
    expect(await chunkIds()).toHaveLength(2);
    expect(await sweepOrphans(database)).toBe(0); // a commit has written chunks but no manifest yet

    tab.terminate();
    await vi.waitFor(async () => expect(await sweepOrphans(database)).toBe(1));
    expect(await chunkIds()).toHaveLength(1);
    expect(await readHead(database, 'a', 'thinking')).toEqual(old);
    expect(await steps()).toBe(1);
  });

  it('sweeps no chunk that a manifest names', async () => {
    await commitCheckpoint(database, 'a', old, null);
    await putIterationAdapter(database, 'a', 'thinking', 1, floats(500, 9));
    expect(await sweepOrphans(database)).toBe(0);
    expect(await readIterationAdapter(database, 'a', 'thinking', 1)).toEqual(floats(500, 9));
    expect(await readIterationAdapter(database, 'a', 'thinking', 2)).toBeNull();
  });

  it('splits large states into chunks and joins them again', async () => {
    const parameters = 9 * 1024 * 1024 + 5; // 36 MiB a part, 108 MiB in all: 4 chunks
    const state = {
      ...armState(0, 1),
      weights: floats(parameters, 1),
      m: new Float32Array(parameters).fill(0.5),
      v: floats(parameters, 2),
    };
    await commitCheckpoint(database, 'a', checkpoint('thinking', 1, state), null);
    expect(await chunkIds()).toHaveLength(4);
    const head = await readHead(database, 'a', 'thinking');
    for (const part of ['weights', 'm', 'v'] as const)
      expect(indexedDB.cmp(head?.state[part], state[part]), part).toBe(0);
  });
});

describe('a full disk', () => {
  for (const [store, what] of [
    ['chunks', 'while the chunks are written'],
    ['heads', 'while the manifest is written'],
    ['steps', 'while the metrics are written'],
  ] as const) {
    it(`keeps the committed state and leaves no chunks behind, ${what}`, async () => {
      await commitCheckpoint(database, 'a', old, stepMetrics(1));
      failWrites(store, 'QuotaExceededError');
      const failure = await commitCheckpoint(database, 'a', next, stepMetrics(2)).catch((error: unknown) => error);
      vi.restoreAllMocks();
      expect(failure).toBeInstanceOf(LabError);
      expect(failure).toMatchObject({ code: 'storage-full' });
      expect(failure instanceof LabError && failure.advice).toMatch(/^Everything that was saved is safe: .*\.$/);
      expect(await readHead(database, 'a', 'thinking')).toEqual(old);
      expect(await chunkIds()).toHaveLength(1);
      expect(await steps()).toBe(1);
      expect(await bytesOfRun()).toBe(12_000);
      // Once there is room again, the next commit succeeds.
      await commitCheckpoint(database, 'a', next, stepMetrics(2));
      expect(await readHead(database, 'a', 'thinking')).toEqual(next);
    });
  }

  it('is recognised by the message that Chromium uses', async () => {
    failWrites('chunks', 'DataError', 'Failed to write blobs (disk full)');
    await expect(commitCheckpoint(database, 'a', old, null)).rejects.toMatchObject({ code: 'storage-full' });
  });
});

describe('a damaged checkpoint', () => {
  const change = (edit: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | null) =>
    database.write(['chunks'], async (transaction) => {
      const chunks = transaction.objectStore('chunks');
      for (const record of await chunks.getAll()) {
        const bytes = edit(record.bytes);
        if (bytes) await chunks.put({ ...record, bytes });
        else await chunks.delete([record.owner, record.id]);
      }
    });

  for (const [what, edit, says] of [
    ['one bit turned', (bytes: Uint8Array<ArrayBuffer>) => bytes.with(77, (bytes[77] ?? 0) ^ 1), /sha-256/],
    ['truncated', (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1), /sha-256/],
    ['missing', () => null, /missing/],
  ] as const) {
    it(`is refused with a message: ${what}`, async () => {
      await commitCheckpoint(database, 'a', old, null);
      await putIterationAdapter(database, 'a', 'thinking', 1, floats(500, 9));
      await change(edit);
      await expect(readHead(database, 'a', 'thinking')).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringMatching(says),
      });
      await expect(readIterationAdapter(database, 'a', 'thinking', 1)).rejects.toMatchObject({ code: 'bad-file' });
      // A new commit replaces it.
      await commitCheckpoint(database, 'a', next, null);
      expect(await readHead(database, 'a', 'thinking')).toEqual(next);
    });
  }
});
