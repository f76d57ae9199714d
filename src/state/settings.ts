/** What outlives the page: how it looks and follows. Never anything about a run. */
import { create } from 'zustand';

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  /** The candidates shown follow the run. */
  readonly follow: boolean;
  /** Weight of the past in the exponential mean of the curves, 0 … 0.95. */
  readonly smoothing: number;
  /** Keys without Ctrl or Cmd do something. */
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

export const useSettings = create<Settings>()(() => DEFAULT_SETTINGS);

/** Loads what was kept, then keeps every change. A storage that fails costs the reader nothing but the memory of it. */
export async function connectSettings(storage: SettingsStorage): Promise<void> {
  const kept = await storage.load().catch(() => ({}));
  useSettings.setState(kept);
  useSettings.subscribe((settings) => void storage.save(settings).catch(() => undefined));
}
