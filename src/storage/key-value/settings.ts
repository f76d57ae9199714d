/** Settings of the page's appearance. Nothing about a run, and no API keys. */
import * as v from 'valibot';
import { KeyValueStore } from './key-value-store';

const VERSION = 1;

/** A field that is missing or invalid (another version of the page may have written it) falls back to its default. */
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
  /** The defaults if nothing was saved. @throws LabError no-storage */
  load(): Promise<KeptSettings>;
  /** @throws LabError no-storage, storage-full */
  save(settings: KeptSettings): Promise<void>;
}

export function createSettingsStorage(name = 'thinking-lab-settings'): SettingsStorage {
  const store = new KeyValueStore(name, 'values');
  return {
    async load() {
      const stored = v.safeParse(StoredSchema, await store.get('settings'));
      return stored.success ? stored.output.settings : v.parse(SettingsSchema, {});
    },
    save: (settings) => store.set('settings', { version: VERSION, settings }),
  };
}
