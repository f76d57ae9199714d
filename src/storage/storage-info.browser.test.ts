import { expect, it, vi } from 'vitest';
import { persist, storageInfo } from './storage-info';

it('tells usage and quota in bytes', async () => {
  const { usage, quota, persisted } = await storageInfo();
  expect(quota).toBeGreaterThan(usage);
  expect(usage).toBeGreaterThanOrEqual(0);
  expect(typeof persisted).toBe('boolean');
});

it('asks the browser to keep what is stored, and tells what came of it', async () => {
  const asked = vi.spyOn(navigator.storage, 'persist').mockResolvedValue(true);
  vi.spyOn(navigator.storage, 'persisted').mockResolvedValue(true);
  expect(await persist()).toMatchObject({ persisted: true });
  expect(asked).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
});
