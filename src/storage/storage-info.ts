import type { StorageInfo } from '../records/device';

/** All zero and not persisted where the browser does not tell (no secure context). */
export async function storageInfo(): Promise<StorageInfo> {
  const { storage } = navigator;
  if (!storage) return { usage: 0, quota: 0, persisted: false };
  const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([storage.estimate(), storage.persisted()]);
  return { usage, quota, persisted };
}

/**
 * Asks the browser to keep what is stored until the user deletes it. Chromium decides silently, Firefox asks the user.
 * A worker cannot ask: there this only reports.
 */
export async function persist(): Promise<StorageInfo> {
  if (typeof navigator.storage?.persist === 'function') await navigator.storage.persist();
  return storageInfo();
}
