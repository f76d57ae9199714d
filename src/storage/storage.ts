/** Everything that is kept, opened once per page or worker. */
import type { RunStore } from '../tpo/store';
import { type AdapterStore, createAdapterStore } from './adapters';
import { sweepOrphans } from './chunks';
import { Database } from './database';
import { createPromptSets, type PromptSets } from './prompt-sets';
import { RunChanges } from './run-changes';
import { RunLock } from './run-lock';
import { createRunStore } from './run-store';

export interface LabStorage {
  readonly runs: RunStore;
  readonly promptSets: PromptSets;
  readonly adapters: AdapterStore;
  /** One running run per origin. */
  readonly lock: RunLock;
  /** What other tabs did to the runs. */
  readonly changes: RunChanges;
  close(): Promise<void>;
}

/**
 * @param base address of the page, which bundled files are relative to
 * @param name of the database, the locks and the channel
 * @throws LabError no-storage
 */
export async function openStorage(base: string, name = 'thinking-lab'): Promise<LabStorage> {
  const database = new Database(name);
  await sweepOrphans(database);
  const changes = new RunChanges(name);
  return {
    runs: createRunStore(database, changes.announce),
    promptSets: createPromptSets(database, base),
    adapters: createAdapterStore(database),
    lock: new RunLock(name),
    changes,
    async close() {
      changes.close();
      await database.close();
    },
  };
}
