/**
 * The autotuner's choices for each GPU adapter. They are measured once and kept, because a run must not change its
 * kernels.
 */
import * as v from 'valibot';
import { KeyValueStore } from './key-value-store';

const ChoicesSchema = v.record(v.string(), v.string());
export type StoredChoices = v.InferOutput<typeof ChoicesSchema>;

export interface TuningStorage {
  /** Null if this adapter has not been measured. @throws LabError no-storage */
  load(adapter: string): Promise<StoredChoices | null>;
  /** @throws LabError no-storage, storage-full */
  save(adapter: string, choices: StoredChoices): Promise<void>;
}

export function createTuningStorage(name = 'thinking-lab-tuning'): TuningStorage {
  const store = new KeyValueStore(name, 'adapters');
  return {
    async load(adapter) {
      const stored = v.safeParse(ChoicesSchema, await store.get(adapter));
      return stored.success ? stored.output : null;
    },
    save: (adapter, choices) => store.set(adapter, choices),
  };
}
