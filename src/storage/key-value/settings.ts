/** What the page remembers of how it looks. Never about a run, and never an API key. */
import { createStore, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import { toOpenError } from '../storage-errors';

const VERSION = 1;

/** A field that is missing, or that another version of the page wrote otherwise, has its default; the rest is kept. */
const SettingsSchema = v.object({
  theme: v.fallback(v.picklist(['system', 'light', 'dark']), 'system'),
  follow: v.fallback(v.boolean(), true),
  smoothing: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0.5),
  shortcuts: v.fallback(v.boolean(), true),
  recipeOpen: v.fallback(v.boolean(), false),
});
const StoredSchema = v.object({ version: v.literal(VERSION), settings: SettingsSchema });

export type KeptSettings = v.InferOutput<typeof SettingsSchema>;

export interface SettingsStorage {
  /** Defaults where nothing was kept. @throws LabError no-storage */
  load(): Promise<KeptSettings>;
  /** @throws LabError no-storage, storage-full */
  save(settings: KeptSettings): Promise<void>;
}

export function createSettingsStorage(name = 'thinking-lab-settings'): SettingsStorage {
  let opened: UseStore | undefined;
  // Opened by the first use, so that a browser without storage fails there and not while the page starts.
  const store = () => {
    opened ??= createStore(name, 'values');
    return opened;
  };
  return {
    async load() {
      const stored = v.safeParse(StoredSchema, await known(async () => get('settings', store())));
      return stored.success ? stored.output.settings : v.parse(SettingsSchema, {});
    },
    save: (settings) => known(async () => set('settings', { version: VERSION, settings }, store())),
  };
}

async function known<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toOpenError(error);
  }
}
