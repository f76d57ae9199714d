/** What each run has spent on its remote judge: kept with the run, so that a limit holds over reloads. */
import { createStore, del, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import type { SpendingRecord } from '../judges/remote/budget';
import { toOpenError } from './storage-errors';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const SpentSchema = v.object({ calls: count, tokens: count, renewals: count });

export interface SpendingStorage {
  /** Its calls throw LabError no-storage, storage-full. */
  of(runId: string): SpendingRecord;
  /** @throws LabError no-storage */
  delete(runId: string): Promise<void>;
}

export function createSpendingStorage(name = 'thinking-lab-spending'): SpendingStorage {
  let opened: UseStore | undefined;
  const store = () => {
    opened ??= createStore(name, 'runs');
    return opened;
  };
  return {
    of: (runId) => ({
      async load() {
        const stored = v.safeParse(SpentSchema, await known(async () => get(runId, store())));
        return stored.success ? stored.output : null;
      },
      save: (spent) => known(async () => set(runId, spent, store())),
    }),
    delete: (runId) => known(async () => del(runId, store())),
  };
}

async function known<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toOpenError(error);
  }
}
