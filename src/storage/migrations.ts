/**
 * The versions of the database. `MIGRATIONS[n]` makes version n + 1 out of version n; a published one is never edited, a new
 * one is added behind it, with a fixture of the version before (`fixtures/version-N.json`).
 */
import type { IDBPDatabase, IDBPTransaction } from 'idb';

type StoredRecord = Readonly<Record<string, unknown>>;

export interface Migration {
  /** Stores and indexes to create or drop. */
  readonly stores?: (database: IDBPDatabase) => void;
  /** By store: a record's old shape to its new one, given the run that it belongs to. Pure. */
  readonly records?: Readonly<Record<string, (record: StoredRecord, run: StoredRecord) => StoredRecord>>;
  /** By store: what goes out of a record in its old shape into records of other stores. Pure. */
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

/** As their defaults were then: a checkpoint's hash leaves those unsaid. */
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
  // What is judged is kept in full, and others may judge again. Of before it is known who judged, and no more.
  {
    stores(database) {
      for (const [name, keyPath] of Object.entries(KEY_PATHS_5)) database.createObjectStore(name, { keyPath });
    },
    records: {
      rollouts: (record, run) => withValue(record, { judgement: judgementOfBefore(record, run), comparisons: [] }),
      evaluations: (record, run) => withValue(record, { judge: judgeOfBefore(run), winRates: [] }),
      runs: (record) => withRecipe(record, JUDGE_FIELDS_5),
    },
  },
  // A prompt set says where it came from; before there were others, that was a JSONL file in the lab's own columns.
  {
    records: {
      promptSets: ({ name, ...record }) => ({
        ...{ origin: { kind: 'file', name, format: 'jsonl' }, split: null, columns: null },
        ...{ leftOut: { faulty: 0, duplicates: 0 }, name, ...record },
      }),
    },
  },
  // A re-judgement is a record for each of its prompts, and what is said of them all.
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

/** Values that recipes of before lack. */
function withRecipe(row: StoredRecord, added: StoredRecord): StoredRecord {
  const value = asRecord(row.value);
  return { ...row, value: { ...value, recipe: { ...added, ...asRecord(value.recipe) } } };
}

const withValue = (row: StoredRecord, added: StoredRecord): StoredRecord => ({
  ...row,
  value: { ...added, ...asRecord(row.value) },
});

/** There were two judges, and one reward model. */
const judgeOfBefore = (run: StoredRecord): string =>
  asRecord(asRecord(run.value).recipe).judge === 'onnx' ? 'tiny-judge' : 'rule';

function judgementOfBefore(row: StoredRecord, run: StoredRecord): StoredRecord | null {
  if (asRecord(row.value).purpose === 'warm-up') return null;
  return {
    judge: judgeOfBefore(run),
    promptVersion: null,
    detail: '',
    calls: [],
    members: [],
    flags: [],
    controls: [],
  };
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
