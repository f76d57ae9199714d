/** Settings that are kept when the page is closed. They never contain anything about a run. */
import { createStore } from 'zustand/vanilla';

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  /** The Lab always shows the prompt that is being generated. */
  readonly follow: boolean;
  /** Weight of the past in the exponential moving average of the curves, 0 … 0.95. */
  readonly smoothing: number;
  /** Shortcuts of a single key, without Ctrl or Cmd, are on. */
  readonly shortcuts: boolean;
  readonly recipeOpen: boolean;
}

export interface SettingsStorage {
  load(): Promise<Partial<Settings>>;
  save(settings: Settings): Promise<void>;
}

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  follow: true,
  smoothing: 0.5,
  shortcuts: true,
  recipeOpen: false,
};

export const settingsStore = createStore<Settings>(() => DEFAULT_SETTINGS);

/**
 * Loads the stored settings, then stores every change. If storage fails, the settings last until the page is closed.
 */
export async function connectSettings(storage: SettingsStorage): Promise<void> {
  const kept = await storage.load().catch(() => ({}));
  settingsStore.setState(kept);
  settingsStore.subscribe((settings) => void storage.save(settings).catch(() => undefined));
}
