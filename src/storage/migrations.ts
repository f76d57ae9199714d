/**
 * The versions of the database. `MIGRATIONS[n]` makes version n + 1 out of version n; a published one is never edited, a new
 * one is added behind it, with a fixture of the version before (`fixtures/version-N.json`).
 */
import type { IDBPDatabase, IDBPTransaction } from 'idb';

type StoredRecord = Readonly<Record<string, unknown>>;

export interface Migration {
  /** Stores and indexes to create or drop. */
  readonly stores?: (database: IDBPDatabase) => void;
  /** By store: a record's old shape to its new one. Pure. */
  readonly records?: Readonly<Record<string, (record: StoredRecord) => StoredRecord>>;
}

const KEY_PATHS_1: Readonly<Record<string, string | string[]>> = {
  runs: 'runId',
  rollouts: ['runId', 'value.purpose', 'value.iteration', 'value.arm', 'value.position'],
  evaluations: ['runId', 'value.iteration', 'value.arm'],
  iterations: ['runId', 'value.iteration', 'value.arm'],
  steps: ['runId', 'value.iteration', 'value.arm', 'value.step'],
  warnings: ['runId', 'value.code', 'value.message'],
  heads: ['runId', 'value.arm'],
  iterationAdapters: ['runId', 'value.arm', 'value.iteration'],
  adapters: 'id',
  chunks: ['owner', 'id'],
  promptSets: 'id',
  promptBlocks: ['set', 'block'],
};

export const MIGRATIONS: readonly Migration[] = [
  {
    stores(database) {
      for (const [name, keyPath] of Object.entries(KEY_PATHS_1)) database.createObjectStore(name, { keyPath });
    },
  },
  // A run's recipe names the adapter that it began with; before there was a choice that was a fresh one.
  { records: { runs: (record) => withRecipe(record, { adapter: '' }) } },
  // Its recipe says whether it began with a warm-up, which no run of before did.
  { records: { runs: (record) => withRecipe(record, { sftPrompts: 0, sftEpochs: 2, sftLearningRate: 2e-4 }) } },
  // Models have a place beside the page's own.
  {
    stores(database) {
      for (const name of ['models', 'transfers', 'partials']) database.createObjectStore(name, { keyPath: 'id' });
    },
  },
];

/** Values that recipes of before lack. */
function withRecipe(row: StoredRecord, added: StoredRecord): StoredRecord {
  const value = asRecord(row.value);
  return { ...row, value: { ...value, recipe: { ...added, ...asRecord(value.recipe) } } };
}

const asRecord = (value: unknown): StoredRecord => (typeof value === 'object' && value !== null ? { ...value } : {});

/** The version that a record written now carries. */
export const RECORD_VERSION = MIGRATIONS.length;

/** Takes a database from version `from` to the last, inside the transaction of its upgrade. */
export async function migrate(
  database: IDBPDatabase,
  transaction: IDBPTransaction<unknown, string[], 'versionchange'>,
  from: number,
  migrations: readonly Migration[],
): Promise<void> {
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    migration.stores?.(database);
    for (const [name, change] of Object.entries(migration.records ?? {})) {
      let cursor = await transaction.objectStore(name).openCursor();
      while (cursor) {
        await cursor.update({ ...change(cursor.value), version: index + 1 });
        cursor = await cursor.continue();
      }
    }
  }
}
