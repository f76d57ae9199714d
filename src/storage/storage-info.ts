import type { StorageInfo } from '../records/device';

/** Storage used and available, in bytes. All zero and not persisted if the browser has no storage manager. */
export async function storageInfo(): Promise<StorageInfo> {
  const { storage } = navigator;
  if (!storage) return { usage: 0, quota: 0, persisted: false };
  const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([storage.estimate(), storage.persisted()]);
  return { usage, quota, persisted };
}
