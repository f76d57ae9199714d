import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recipeHash } from '../recipe/encoding';
import { parseRecipe } from '../recipe/faults';
import { createAdapterStore } from './adapters';
import { Database } from './database';
import version1 from './fixtures/version-1.json';
import version2 from './fixtures/version-2.json';
import version3 from './fixtures/version-3.json';
import version4 from './fixtures/version-4.json';
import version5 from './fixtures/version-5.json';
import version6 from './fixtures/version-6.json';
import version7 from './fixtures/version-7.json';
import { MIGRATIONS } from './migrations';
import { ModelStore } from './models/model-store';
import { createPromptSets } from './prompt-sets';
import { createRunStore } from './runs/run-store';

let name: string;
const opened: Database[] = [];

const open = (migrations = MIGRATIONS) => {
  const database = new Database(name, migrations);
  opened.push(database);
  return database;
};

beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const database of opened.splice(0)) await database.close();
  await deleteDB(name);
});

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** A database of an earlier version: its records as JSON, with bytes in hexadecimal. */
async function restore(version: number, records: Readonly<Record<string, readonly object[]>>): Promise<void> {
  const stores = MIGRATIONS.slice(0, version);
  const database = await openDB(name, version, {
    upgrade: (created) => {
      for (const migration of stores) migration.stores?.(created);
    },
  });
  for (const [store, kept] of Object.entries(records)) {
    for (const record of kept)
      await database.put(
        store,
        'bytes' in record && typeof record.bytes === 'string' ? { ...record, bytes: fromHex(record.bytes) } : record,
      );
  }
  database.close();
}

describe('migrations', () => {
  it('bring version 1 up to date without losing anything', async () => {
    await restore(1, version1);
    const store = createRunStore(open());
    const [run] = await store.list();
    expect(run).toMatchObject({
      id: 'run-1',
      name: 'First run',
      status: 'paused',
      iterations: 1,
      recipe: { k: 2, loss: 'sigmoid', adapter: '', sftPrompts: 0 },
    });
    const detail = await store.detail('run-1');
    expect(detail?.evaluations).toMatchObject([{ iteration: 0, arm: 'thinking', accuracy: 0.4 }]);
    expect(detail?.iterations).toMatchObject([{ iteration: 1, pairs: 1, noPair: { 'all-equal': 1 } }]);
    expect(detail?.steps).toMatchObject([{ step: 1, 'rewards/margins': 0.25 }]);
    expect(detail?.warnings).toMatchObject([{ code: 'logps-fall', field: 'learningRate' }]);
    expect(await store.rollouts('run-1', {})).toMatchObject([
      { position: 0, pair: { chosen: 1, rejected: 0 }, candidates: [{ response: '127' }, { response: '128' }] },
    ]);
    expect(await store.head('run-1', 'thinking')).toEqual({
      arm: 'thinking',
      iteration: 1,
      step: 1,
      state: { weights: Float32Array.of(1, -2), m: Float32Array.of(0.5, 0.25), v: Float32Array.of(0.125, 3), step: 1 },
      reference: [{ position: 0, chosen: -1.5, rejected: -2.5 }],
      recipeHash: 'ab'.repeat(32),
    });
    expect(await store.iterationAdapter('run-1', 'thinking', 0)).toEqual(Float32Array.of(1, 0));
    const database = open();
    expect(await createPromptSets(database, location.href).get('sums-0a1b2c3d')).toEqual([
      { id: 'p1', instruction: 'How much is 1 + 1?', answer: '2', check: 'number' },
    ]);
    const [adapter] = await createAdapterStore(database).list();
    expect(adapter).toMatchObject({ id: 'adapter-1', name: 'mine.zip', bytes: 6 });
    expect(await createAdapterStore(database).get('adapter-1')).toEqual({
      config: '{}',
      weights: Uint8Array.of(1, 2, 3, 4),
    });
  });

  it('bring version 2 up to date: stores for models, and nothing lost', async () => {
    await restore(2, version2);
    const database = open();
    const [run] = await createRunStore(database).list();
    expect(run).toMatchObject({ id: 'run-1', recipe: { adapter: 'adapter-1' } });
    expect(await createRunStore(database).head('run-1', 'thinking')).toMatchObject({ step: 1 });
    const models = new ModelStore(database);
    expect(await models.list()).toEqual([]);
    expect(await models.transfers()).toEqual([]);
  });

  it('bring version 3 up to date: its warm-up settings stay', async () => {
    await restore(3, version3);
    const database = open();
    const [run] = await createRunStore(database).list();
    expect(run?.recipe).toMatchObject(version3.runs[0]?.value.recipe ?? {});
    expect(await new ModelStore(database).list()).toEqual([]);
  });

  it('add the settings of an absent warm-up to runs of version 2', async () => {
    await restore(2, version2);
    const [run] = await createRunStore(open()).list();
    expect(run?.recipe).toMatchObject({
      ...version2.runs[0]?.value.recipe,
      ...{ sftPrompts: 0, sftEpochs: 2, sftLearningRate: 2e-4 },
    });
  });

  it('bring version 4 up to date: the judge’s name, and stores for votes, edits and re-judgements', async () => {
    await restore(4, version4);
    const store = createRunStore(open());
    const judgement = { promptVersion: null, detail: '', calls: [], members: [], flags: [], controls: [] };
    expect(await store.rollouts('run-1', {})).toMatchObject([
      { judgement: { judge: 'rule', ...judgement }, comparisons: [] },
    ]);
    const rollouts = await store.rollouts('run-2', {});
    expect(rollouts.map(({ purpose, judgement: kept, comparisons }) => [purpose, kept, comparisons])).toEqual([
      ['evaluate', { judge: 'tiny-judge', ...judgement }, []],
      ['warm-up', null, []],
    ]);
    expect((await store.detail('run-2'))?.evaluations).toMatchObject([
      { judge: 'tiny-judge', winRates: [], accuracy: 0.4 },
    ]);
    for (const { id, recipe } of await store.list()) {
      const before = version4.runs.find(({ runId }) => runId === id)?.value.recipe;
      // Checkpoints store a hash of the recipe, which must not change when fields are added.
      expect(await recipeHash(recipe)).toBe(await recipeHash(parseRecipe(before)));
      expect(recipe).toEqual(parseRecipe(before));
    }
    expect(await store.votes('run-1')).toEqual([]);
    expect(await store.pairEdits('run-1')).toEqual([]);
    expect(await store.rejudgements('run-1')).toEqual([]);
  });

  it('bring version 5 up to date: prompt sets get a file as origin, and runs keep their recipes', async () => {
    await restore(5, version5);
    const runs = await createRunStore(open()).list();
    expect(runs.map(({ id }) => id).sort()).toEqual(version5.runs.map(({ runId }) => runId).sort());
    expect(runs.map(({ recipe }) => recipe)).toEqual(
      expect.arrayContaining(version5.runs.map(({ value }) => ({ ...value.recipe, kvCache: 'f32' }))),
    );
    const sets = createPromptSets(open(), new URL('/', location.href).href);
    expect((await sets.list()).filter(({ bundled }) => !bundled)).toEqual([
      {
        ...{ id: 'sums-0a1b2c3d', name: 'Sums', rows: 1, created: 1_750_000_000_000, bundled: false },
        ...{ origin: { kind: 'file', name: 'Sums', format: 'jsonl' }, split: null, columns: null },
        leftOut: { faulty: 0, duplicates: 0 },
      },
    ]);
    expect(await sets.rename('sums-0a1b2c3d', 'Mine')).toMatchObject({ name: 'Mine', rows: 1 });
  });

  it('bring version 6 up to date: a re-judgement is split into rows per prompt', async () => {
    await restore(6, version6);
    const store = createRunStore(open());
    const [before] = version6.rejudgements;
    const { entries, ...header } = before?.value ?? { entries: [] };
    expect(await store.rejudgements('run-1')).toEqual([header]);
    expect(await store.rejudgedPairs('run-1', 'second-1')).toEqual(entries.map(({ judgement: _, ...pair }) => pair));
    for (const { position, judgement } of entries)
      expect(await store.rejudgedJudgement('run-1', 'second-1', position)).toEqual(judgement);
    await store.deleteRejudgement('run-1', 'second-1');
    expect(await store.rejudgements('run-1')).toEqual([]);
    expect(await store.rejudgedPairs('run-1', 'second-1')).toEqual([]);
    const bytes = (version6.runs[0]?.value.bytes ?? 0) - (before?.bytes ?? 0);
    expect(await store.get('run-1')).toMatchObject({ bytes });
  });

  it('bring version 7 up to date: runs have a KV cache of f32, and their checkpoints stay valid', async () => {
    await restore(7, version7);
    const [run] = await createRunStore(open()).list();
    const before = version7.runs[0]?.value.recipe;
    expect(run?.recipe).toEqual({ ...before, kvCache: 'f32' });
    expect(await recipeHash(parseRecipe(run?.recipe))).toBe(await recipeHash(parseRecipe(before)));
  });

  const renamed = {
    records: {
      steps: ({ version, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, note: `was ${version}` }),
    },
  };

  it('change every record once, in consecutive steps, and set its version', async () => {
    await restore(1, version1);
    const upgraded = open([
      ...MIGRATIONS,
      renamed,
      { records: { steps: ({ version, note, ...rest }) => ({ ...rest, note: `${note}, then ${version}` }) } },
    ]);
    const rows = await upgraded.read(['steps', 'runs'], async (transaction) => [
      await transaction.objectStore('steps').getAll(),
      await transaction.objectStore('runs').getAll(),
    ]);
    const last = MIGRATIONS.length;
    expect(rows).toMatchObject([
      [{ version: last + 2, note: `was 1, then ${last + 1}`, value: { step: 1 } }],
      // The last migration that changed the record.
      [{ version: 8, value: { recipe: { adapter: '', sftPrompts: 0 } } }],
    ]);
  });

  it('that fail leave the database unchanged', async () => {
    await restore(1, version1);
    const failing = {
      records: {
        steps: () => {
          throw new Error('cannot be migrated');
        },
      },
    };
    await expect(createRunStore(open([...MIGRATIONS, renamed, failing])).list()).rejects.toThrow('cannot be migrated');
    const database = open();
    expect(await database.read(['steps'], (transaction) => transaction.objectStore('steps').getAll())).toMatchObject([
      { version: 1 },
    ]);
  });
});

describe('a database that cannot be opened', () => {
  const list = (database: Database) => createRunStore(database).list();

  it('because it was written by a newer version of the page is reported', async () => {
    await list(open([...MIGRATIONS, {}]));
    await opened[0]?.close();
    await expect(list(open())).rejects.toMatchObject({
      code: 'no-storage',
      message: expect.stringContaining('newer version'),
    });
  });

  it('closes for a newer page in another tab, and then reports that', async () => {
    const older = open();
    await list(older);
    expect(await list(open([...MIGRATIONS, {}]))).toEqual([]);
    await expect(list(older)).rejects.toMatchObject({
      code: 'no-storage',
      message: expect.stringContaining('newer version'),
    });
  });

  it('because an older page keeps it open is reported, with the tabs to close', async () => {
    const stubborn = await openDB(name, 1, { upgrade: (created) => MIGRATIONS[0]?.stores?.(created) });
    const newer = open([...MIGRATIONS, {}]);
    await expect(list(newer)).rejects.toMatchObject({
      code: 'no-storage',
      advice: expect.stringContaining('close the other tabs'),
    });
    stubborn.close();
    expect(await list(newer)).toEqual([]);
  });

  for (const [what, stub] of [
    ['has no IndexedDB', undefined],
    [
      'denies it',
      {
        open: () => {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      },
    ],
  ] as const) {
    it(`in a browser that ${what} says how to get storage, and works once it does`, async () => {
      vi.stubGlobal('indexedDB', stub);
      const database = open();
      await expect(list(database)).rejects.toMatchObject({
        code: 'no-storage',
        message: 'This browser does not let the page store anything.',
      });
      vi.unstubAllGlobals();
      expect(await list(database)).toEqual([]);
    });
  }
});

it('rolls back a transaction whose body throws', async () => {
  const database = open();
  const failed = database.write(['promptSets'], async (transaction) => {
    await transaction.objectStore('promptSets').put({
      ...{ version: 1, id: 'x', name: 'x', rows: 0, created: 0, origin: { kind: 'file', name: 'x', format: null } },
      ...{ split: null, columns: null, leftOut: { faulty: 0, duplicates: 0 } },
    });
    throw new RangeError('mine');
  });
  await expect(failed).rejects.toThrow('mine');
  expect(await database.read(['promptSets'], (transaction) => transaction.objectStore('promptSets').count())).toBe(0);
});
