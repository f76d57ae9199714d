/** The calls and tokens that each run has spent on its remote judge, stored so that a limit holds across reloads. */
import * as v from 'valibot';
import type { SpendingRecord } from '../../judges/remote/budget';
import { KeyValueStore } from './key-value-store';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const SpentSchema = v.object({ calls: count, tokens: count, renewals: count });

export interface SpendingStorage {
  /** The record of one run. Its methods throw LabError no-storage, storage-full. */
  of(runId: string): SpendingRecord;
  /** @throws LabError no-storage */
  delete(runId: string): Promise<void>;
}

export function createSpendingStorage(name = 'thinking-lab-spending'): SpendingStorage {
  const store = new KeyValueStore(name, 'runs');
  return {
    of: (runId) => ({
      async load() {
        const stored = v.safeParse(SpentSchema, await store.get(runId));
        return stored.success ? stored.output : null;
      },
      save: (spent) => store.set(runId, spent),
    }),
    delete: (runId) => store.delete(runId),
  };
}
