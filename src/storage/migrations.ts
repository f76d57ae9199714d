/**
 * The versions of the database. `MIGRATIONS[n]` turns version n into version n + 1. A published migration is never
 * edited: a new one is appended, with a fixture of the version before it (`fixtures/version-N.json`).
 */
import type { IDBPDatabase, IDBPTransaction } from 'idb';

type StoredRecord = Readonly<Record<string, unknown>>;

export interface Migration {
  /** Stores and indexes to create or drop. */
  readonly stores?: (database: IDBPDatabase) => void;
  /** By store: turns a record's old shape into its new one, given the run that it belongs to. Pure. */
  readonly records?: Readonly<Record<string, (record: StoredRecord, run: StoredRecord) => StoredRecord>>;
  /** By store: the records of other stores that are split off from a record in its old shape. Pure. */
  readonly parts?: Readonly<
    Record<string, (record: StoredRecord) => readonly (readonly [store: string, record: StoredRecord])[]>
  >;
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

const KEY_PATHS_5: Readonly<Record<string, string[]>> = {
  votes: ['runId', 'value.iteration', 'value.arm', 'value.position'],
  pairEdits: ['runId', 'value.iteration', 'value.arm', 'value.position'],
  rejudgements: ['runId', 'value.id'],
};

const KEY_PATHS_7: Readonly<Record<string, string[]>> = {
  rejudgedPairs: ['runId', 'rejudgement', 'value.position'],
  rejudgedWords: ['runId', 'rejudgement', 'value.position'],
};

/** The defaults as they were in version 5. The recipe hash of a checkpoint leaves out fields with default values. */
const JUDGE_FIELDS_5 = {
  evaluationJudge: 'same',
  onnxModel: '',
  onnxTemplate: '',
  onnxLabel: '',
  similarityModel: '',
  webllmModel: '',
  remoteUrl: '',
  remoteModel: '',
  judgeMethod: 'comparison',
  pairing: 'all',
  swissRounds: 3,
  ratingPrompt: '',
  comparisonPrompt: '',
  judgeReplyTokens: 256,
  judgeConcurrency: 4,
  judgeCallLimit: 0,
  judgeTokenLimit: 0,
  panel: '',
  controls: 4,
  earlyStop: false,
} as const;

export const MIGRATIONS: readonly Migration[] = [
  {
    stores(database) {
      for (const [name, keyPath] of Object.entries(KEY_PATHS_1)) database.createObjectStore(name, { keyPath });
    },
  },
  // The recipe names the adapter that the run starts from. Older runs always started from a fresh one.
  { records: { runs: (record) => withRecipe(record, { adapter: '' }) } },
  // The recipe describes the warm-up. Older runs had none.
  { records: { runs: (record) => withRecipe(record, { sftPrompts: 0, sftEpochs: 2, sftLearningRate: 2e-4 }) } },
  // Adds the stores of models and of their transfers.
  {
    stores(database) {
      for (const name of ['models', 'transfers', 'partials']) database.createObjectStore(name, { keyPath: 'id' });
    },
  },
  // Judgements are stored in full, and other judges may re-judge. For older rollouts only the judge is known.
  {
    stores(database) {
      for (const [name, keyPath] of Object.entries(KEY_PATHS_5)) database.createObjectStore(name, { keyPath });
    },
    records: {
      rollouts: (record, run) => withValue(record, { judgement: olderJudgement(record, run), comparisons: [] }),
      evaluations: (record, run) => withValue(record, { judge: olderJudge(run), winRates: [] }),
      runs: (record) => withRecipe(record, JUDGE_FIELDS_5),
    },
  },
  // A prompt set records its origin. Older sets all came from a JSONL file with the columns of the bundled sets.
  {
    records: {
      promptSets: ({ name, ...record }) => ({
        ...{ origin: { kind: 'file', name, format: 'jsonl' }, split: null, columns: null },
        ...{ leftOut: { faulty: 0, duplicates: 0 }, name, ...record },
      }),
    },
  },
  // A re-judgement is split into one summary and two records per prompt.
  {
    stores(database) {
      for (const [name, keyPath] of Object.entries(KEY_PATHS_7)) database.createObjectStore(name, { keyPath });
    },
    parts: { rejudgements: rejudgedPrompts },
    records: {
      rejudgements: (record) => {
        const { entries: _, ...value } = asRecord(record.value);
        return { ...record, value };
      },
    },
  },
  // The recipe names the type of the KV cache. Older runs had f32.
  { records: { runs: (record) => withRecipe(record, { kvCache: 'f32' }) } },
];

function rejudgedPrompts({ runId, value }: StoredRecord): (readonly [string, StoredRecord])[] {
  const { id: rejudgement, entries } = asRecord(value);
  return (Array.isArray(entries) ? entries : []).flatMap((entry: unknown) => {
    const { judgement, ...pair } = asRecord(entry);
    const owner = { version: 7, runId, rejudgement };
    return [
      ['rejudgedPairs', { ...owner, value: pair }],
      ['rejudgedWords', { ...owner, value: { position: pair.position, judgement } }],
    ] as const;
  });
}

/** Adds recipe fields that older runs lack. */
function withRecipe(row: StoredRecord, added: StoredRecord): StoredRecord {
  const value = asRecord(row.value);
  return { ...row, value: { ...value, recipe: { ...added, ...asRecord(value.recipe) } } };
}

const withValue = (row: StoredRecord, added: StoredRecord): StoredRecord => ({
  ...row,
  value: { ...added, ...asRecord(row.value) },
});

/** Older versions had two judges, and a single reward model. */
const olderJudge = (run: StoredRecord): string =>
  asRecord(asRecord(run.value).recipe).judge === 'onnx' ? 'tiny-judge' : 'rule';

function olderJudgement(row: StoredRecord, run: StoredRecord): StoredRecord | null {
  if (asRecord(row.value).purpose === 'warm-up') return null;
  return {
    judge: olderJudge(run),
    promptVersion: null,
    detail: '',
    calls: [],
    members: [],
    flags: [],
    controls: [],
  };
}

const asRecord = (value: unknown): StoredRecord => (typeof value === 'object' && value !== null ? { ...value } : {});

/** The version that is written into new records. */
export const RECORD_VERSION = MIGRATIONS.length;

/** Brings a database from version `from` to the newest, inside the upgrade transaction. */
export async function migrate(
  database: IDBPDatabase,
  transaction: IDBPTransaction<unknown, string[], 'versionchange'>,
  from: number,
  migrations: readonly Migration[],
): Promise<void> {
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    migration.stores?.(database);
    for (const [name, partsOf] of Object.entries(migration.parts ?? {})) {
      let cursor = await transaction.objectStore(name).openCursor();
      while (cursor) {
        for (const [store, part] of partsOf(cursor.value)) await transaction.objectStore(store).put(part);
        cursor = await cursor.continue();
      }
    }
    for (const [name, change] of Object.entries(migration.records ?? {})) {
      const runs = new Map<unknown, StoredRecord>();
      for (const run of await transaction.objectStore('runs').getAll()) runs.set(run.runId, run);
      let cursor = await transaction.objectStore(name).openCursor();
      while (cursor) {
        const changed = change(cursor.value, runs.get(cursor.value.runId) ?? {});
        await cursor.update({ ...changed, version: index + 1 });
        cursor = await cursor.continue();
      }
    }
  }
}
