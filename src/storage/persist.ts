import type { StorageInfo } from '../records/device';
import { storageInfo } from './storage-info';

/**
 * Asks the browser to keep what is stored until the user deletes it. Chromium decides silently, Firefox asks the user.
 * For the page only: `StorageManager.persist` does not exist in workers.
 */
export async function persist(): Promise<StorageInfo> {
  if (typeof navigator.storage?.persist === 'function') await navigator.storage.persist();
  return storageInfo();
}
