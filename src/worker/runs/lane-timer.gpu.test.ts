import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { tuningOf } from '../../engine/tuning';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { OpeningProgress } from '../../records/progress';
import type { StoredStepTimes } from '../../storage/key-value/tuning';
import { planRecipe } from '../../training/recipe-plan';
import { SMALL_MODEL as model } from '../../training/testing/small-model';
import { fastestLanes } from './lane-timer';

const recipe: Recipe = { ...PRESETS.quick, k: 4, promptsPerIteration: 3 };
const KEY = `${recipe.model} ≤128`;

let device: Device;
let cache: PipelineCache;
beforeAll(async () => {
  device = await Device.open(browserGpu());
  cache = new PipelineCache(device);
});
afterAll(() => device.destroy());

interface Setting {
  readonly stored?: StoredStepTimes;
  readonly most?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: OpeningProgress) => void;
}

function choose({
  stored = {},
  most = Number.POSITIVE_INFINITY,
  signal = new AbortController().signal,
  onProgress = () => {},
}: Setting) {
  const traits = { maxStorageBufferBindingSize: 2 ** 27, expandWeights: true, tuning: tuningOf(device) };
  const make = (lanes: number) => planRecipe(model, { ...recipe, lanes }, { prompt: 40, verdict: null }, traits);
  const open = { recipe, limits: device.limits, memory: 8, make, stored };
  return fastestLanes(device, cache, open, { signal, onProgress }, most);
}

it('times decode steps from the most lanes down, keeps the times, and frees its memory', async () => {
  const seen: OpeningProgress[] = [];
  const before = { other: { 8: 1 } };
  const { lanes, stored } = await choose({ stored: before, onProgress: (progress) => seen.push(progress) });
  expect(stored).toMatchObject(before);
  const times: Readonly<Record<string, number>> = stored[KEY] ?? {};
  const timed = Object.keys(times).map(Number);
  expect(timed).toContain(8);
  expect([1, 2, 4, 8]).toEqual(expect.arrayContaining(timed));
  for (const seconds of Object.values(times)) expect(seconds).toBeGreaterThan(0);
  const speed = (of: number) => of / (times[of] ?? Number.POSITIVE_INFINITY);
  expect(speed(lanes)).toBeGreaterThanOrEqual(0.95 * Math.max(...timed.map(speed)));
  expect(seen).toEqual(timed.map((_, done) => ({ phase: 'lanes', done, total: 4 })));
  expect(device.ledger.current).toBe(0);
});

it('measures nothing that has been timed, and chooses no more lanes than it may', async () => {
  const stored = { [KEY]: { 8: 0.1, 4: 0.02, 2: 0.02, 1: 0.02 } };
  const onProgress = () => {
    throw new Error('measured');
  };
  expect(await choose({ stored, onProgress })).toEqual({ lanes: 4, stored });
  expect(await choose({ stored, onProgress, most: 2 })).toEqual({ lanes: 2, stored });
});

it('can be cancelled, and then frees its memory', async () => {
  const abort = new AbortController();
  const chosen = choose({ signal: abort.signal, onProgress: () => abort.abort(new Error('stopped')) });
  await expect(chosen).rejects.toThrow('stopped');
  expect(device.ledger.current).toBe(0);
});
