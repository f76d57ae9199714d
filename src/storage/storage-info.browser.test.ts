import { expect, it, vi } from 'vitest';
import { persist } from './persist';
import { storageInfo } from './storage-info';

it('reports usage and quota in bytes', async () => {
  const { usage, quota, persisted } = await storageInfo();
  expect(quota).toBeGreaterThan(usage);
  expect(usage).toBeGreaterThanOrEqual(0);
  expect(typeof persisted).toBe('boolean');
});

it('asks the browser for persistent storage, and reports the result', async () => {
  const asked = vi.spyOn(navigator.storage, 'persist').mockResolvedValue(true);
  vi.spyOn(navigator.storage, 'persisted').mockResolvedValue(true);
  expect(await persist()).toMatchObject({ persisted: true });
  expect(asked).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
});
