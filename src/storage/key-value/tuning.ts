/** What the autotuner found on each adapter: measured once, remembered, because a run must keep to its kernels. */
import { createStore, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import { toOpenError } from '../storage-errors';

const ChoicesSchema = v.record(v.string(), v.string());
export type StoredChoices = v.InferOutput<typeof ChoicesSchema>;

export interface TuningStorage {
  /** null where this adapter has not been measured. @throws LabError no-storage */
  load(adapter: string): Promise<StoredChoices | null>;
  /** @throws LabError no-storage, storage-full */
  save(adapter: string, choices: StoredChoices): Promise<void>;
}

export function createTuningStorage(name = 'thinking-lab-tuning'): TuningStorage {
  let opened: UseStore | undefined;
  const store = () => {
    opened ??= createStore(name, 'adapters');
    return opened;
  };
  return {
    async load(adapter) {
      try {
        const stored = v.safeParse(ChoicesSchema, await get(adapter, store()));
        return stored.success ? stored.output : null;
      } catch (error) {
        throw toOpenError(error);
      }
    },
    async save(adapter, choices) {
      try {
        await set(adapter, choices, store());
      } catch (error) {
        throw toOpenError(error);
      }
    },
  };
}
