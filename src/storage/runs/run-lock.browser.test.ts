import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { otherTab } from '../fixtures/other-tab';
import { armState, checkpoint } from '../fixtures/records';
import { type LabStorage, openStorage } from '../storage';

let name: string;
let storage: LabStorage;

beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  storage = await openStorage(location.href, name);
});

afterEach(async () => {
  await storage.close();
  await deleteDB(name);
});

it('is held by one, visible to all, and released', async () => {
  expect(await storage.lock.holder()).toBeNull();
  const release = await storage.lock.hold('a');
  expect(await storage.lock.holder()).toEqual({ runId: 'a', here: true });
  await expect(storage.lock.hold('b')).rejects.toMatchObject({ code: 'running-elsewhere' });
  await release();
  expect(await storage.lock.holder()).toBeNull();
  await (await storage.lock.hold('b'))();
});

it('of another tab is visible here, blocks this one at once, and ends when that tab dies', async () => {
  const tab = await otherTab({ name, do: 'hold', runId: 'run 1/ü' });
  expect(await storage.lock.holder()).toEqual({ runId: 'run 1/ü', here: false });
  const start = performance.now();
  await expect(storage.lock.hold('b')).rejects.toMatchObject({ code: 'running-elsewhere' });
  expect(performance.now() - start).toBeLessThan(500);

  let free = false;
  const freed = storage.lock.whenFree(new AbortController().signal).then(() => {
    free = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(free).toBe(false);
  tab.terminate();
  await freed;
  expect(await storage.lock.holder()).toBeNull();
  await (await storage.lock.hold('b'))();
});

it('stops waiting when the signal aborts', async () => {
  const tab = await otherTab({ name, do: 'hold', runId: 'a' });
  await expect(storage.lock.whenFree(AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' });
  tab.terminate();
});

it('is not needed to read the records of another tab', async () => {
  const tab = await otherTab({ name, do: 'commit', runId: 'a' });
  expect(await storage.runs.head('a', 'thinking')).toEqual(checkpoint('thinking', 1, armState(50, 1)));
  tab.terminate();
});
