import { expect, it } from 'vitest';
import { createTuningStorage } from './tuning';

it('keeps the choices of an adapter, and of each run on it', async () => {
  const storage = createTuningStorage('test-tuning');
  expect(await storage.load('a GPU')).toBeNull();
  await storage.save('a GPU', { product: 'split' });
  expect(await storage.load('a GPU')).toEqual({ product: 'split' });

  expect(await storage.loadRun('r', 'a GPU')).toBeNull();
  await storage.saveRun('r', 'a GPU', { product: 'tiled' });
  await storage.saveRun('r', 'another GPU', {});
  expect(await storage.loadRun('r', 'a GPU')).toEqual({ product: 'tiled' });
  expect(await storage.loadRun('r', 'another GPU')).toEqual({});
  expect(await storage.loadRun('another run', 'a GPU')).toBeNull();

  await storage.deleteRun('r');
  expect(await storage.loadRun('r', 'a GPU')).toBeNull();
  expect(await storage.load('a GPU')).toEqual({ product: 'split' });
});
