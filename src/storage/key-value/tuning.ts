/**
 * The autotuner's choices for each GPU adapter, and those that each run uses there. A run must not change its kernels,
 * while later measurements may complete the choices of its adapter. Also the times of decode steps there.
 */
import * as v from 'valibot';
import { KeyValueStore } from './key-value-store';

const ChoicesSchema = v.record(v.string(), v.string());
/** The choices of one run, by adapter. */
const RunSchema = v.record(v.string(), ChoicesSchema);
/** Seconds of a decode step by its number of lanes, by the model and its lengths. */
const StepTimesSchema = v.record(v.string(), v.record(v.string(), v.number()));
export type StoredStepTimes = v.InferOutput<typeof StepTimesSchema>;
export type StoredChoices = v.InferOutput<typeof ChoicesSchema>;

export interface TuningStorage {
  /** Null if this adapter has not been measured. @throws LabError no-storage */
  load(adapter: string): Promise<StoredChoices | null>;
  /** @throws LabError no-storage, storage-full */
  save(adapter: string, choices: StoredChoices): Promise<void>;
  /** Null if the run has not been opened on this adapter. @throws LabError no-storage */
  loadRun(runId: string, adapter: string): Promise<StoredChoices | null>;
  /** @throws LabError no-storage, storage-full */
  saveRun(runId: string, adapter: string, choices: StoredChoices): Promise<void>;
  /** Empty if no decode step has been timed on this adapter. @throws LabError no-storage */
  loadStepTimes(adapter: string): Promise<StoredStepTimes>;
  /** @throws LabError no-storage, storage-full */
  saveStepTimes(adapter: string, times: StoredStepTimes): Promise<void>;
  /** @throws LabError no-storage */
  deleteRun(runId: string): Promise<void>;
}

export function createTuningStorage(name = 'thinking-lab-tuning'): TuningStorage {
  const store = new KeyValueStore(name, 'adapters');
  const keyOf = (runId: string) => `run ${runId}`;
  const ofRun = async (runId: string) => {
    const stored = v.safeParse(RunSchema, await store.get(keyOf(runId)));
    return stored.success ? stored.output : {};
  };
  return {
    async load(adapter) {
      const stored = v.safeParse(ChoicesSchema, await store.get(adapter));
      return stored.success ? stored.output : null;
    },
    save: (adapter, choices) => store.set(adapter, choices),
    loadRun: async (runId, adapter) => (await ofRun(runId))[adapter] ?? null,
    saveRun: async (runId, adapter, choices) =>
      store.set(keyOf(runId), { ...(await ofRun(runId)), [adapter]: choices }),
    async loadStepTimes(adapter) {
      const stored = v.safeParse(StepTimesSchema, await store.get(`decode ${adapter}`));
      return stored.success ? stored.output : {};
    },
    saveStepTimes: (adapter, times) => store.set(`decode ${adapter}`, times),
    deleteRun: (runId) => store.delete(keyOf(runId)),
  };
}
