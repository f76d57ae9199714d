/** All of the storage that a run needs, opened once per page or worker. */
import type { RunStore } from '../tpo/store';
import { type AdapterStore, createAdapterStore } from './adapters';
import { sweepOrphans } from './chunks';
import { Database } from './database';
import { ModelStore } from './models/model-store';
import { createPromptSets, type PromptSets } from './prompt-sets';
import { RunLock } from './runs/run-lock';
import { createRunStore } from './runs/run-store';

export interface LabStorage {
  readonly runs: RunStore;
  readonly promptSets: PromptSets;
  readonly adapters: AdapterStore;
  readonly models: ModelStore;
  /** Allows one running run per origin. */
  readonly lock: RunLock;
  close(): Promise<void>;
}

/**
 * @param base address of the page, which bundled files are relative to
 * @param name of the database and the locks
 * @throws LabError no-storage
 */
export async function openStorage(base: string, name = 'thinking-lab'): Promise<LabStorage> {
  const database = new Database(name);
  await sweepOrphans(database);
  const models = new ModelStore(database);
  // If the browser has no OPFS, the bundled models can still be used.
  await models.sweep().catch(() => {});
  return {
    runs: createRunStore(database),
    promptSets: createPromptSets(database, base),
    adapters: createAdapterStore(database),
    models,
    lock: new RunLock(name),
    close: () => database.close(),
  };
}
