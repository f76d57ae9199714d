/** Chooses the number of lanes of a run by timing decode steps on its device. */
import type { Device } from '../../engine/device';
import type { PipelineCache } from '../../engine/kernel';
import { type Tuning, tunerKey, tuningOf } from '../../engine/tuning';
import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { StoredStepTimes, TuningStorage } from '../../storage/key-value/tuning';
import type { OpeningOptions } from '../../tpo/policy';
import { DecodeTimer } from '../../training/decode-timer';
import { bestLanes, decodeWith, timeLanes } from '../../training/lane-choice';
import type { WorkspacePlan } from '../../training/workspace-plan';
import { machineMemory } from '../device/gpu-memory';
import { keyOf, mostLanes, type OpenRecipe, timesOf } from './lanes';

/** Milliseconds to time numbers of lanes for, after the first. */
const BUDGET = { software: 1_000, hardware: 1_500 } as const;

/** A recipe that leaves the number of lanes to its run, on an open device. */
interface Opened {
  readonly device: Device;
  readonly cache: PipelineCache;
  readonly recipe: Recipe;
}

/**
 * The number of lanes that decodes fastest on a device, by the times that are stored or by new ones, which are stored.
 * @param make plans the recipe with so many lanes
 * @param most the largest number to choose
 * @throws LabError out-of-memory, device-lost, no-storage, storage-full; the signal's reason
 */
export async function chooseLanes(
  { device, cache, recipe }: Opened,
  storage: TuningStorage,
  make: (lanes: number, tuning: Tuning) => WorkspacePlan,
  options: Pick<OpeningOptions, 'signal' | 'onProgress'>,
  most: number,
): Promise<number> {
  const key = tunerKey(device.name);
  const tuning = tuningOf(device, (await storage.load(key)) ?? {});
  const before = await storage.loadStepTimes(key);
  const open: OpenRecipe = {
    ...{ recipe, limits: device.limits, memory: machineMemory(), stored: before },
    make: (lanes) => make(lanes, tuning),
  };
  const { lanes, stored } = await fastestLanes(device, cache, open, options, most);
  if (JSON.stringify(stored) !== JSON.stringify(before)) await storage.saveStepTimes(key, stored);
  // The run's own memory counts from here.
  device.ledger.restart();
  return lanes;
}

/**
 * The number of lanes that decodes fastest on a device. Times those that have not been timed there.
 * @param most the largest number to choose
 * @returns the number, and the stored times with the new ones
 * @throws LabError out-of-memory, device-lost; the signal's reason
 */
export async function fastestLanes(
  device: Device,
  cache: PipelineCache,
  open: OpenRecipe,
  { signal, onProgress }: Pick<OpeningOptions, 'signal' | 'onProgress'>,
  most: number,
): Promise<{ readonly lanes: number; readonly stored: StoredStepTimes }> {
  const { recipe, stored } = open;
  for (let limit = most; ; ) {
    const { plan, numbers } = mostLanes(open, limit);
    const largest = plan.spec.generation.lanes;
    if (numbers.length === 1) return { lanes: largest, stored };
    let timer: DecodeTimer | null = null;
    let deadline = Number.POSITIVE_INFINITY;
    const measure = async (lanes: number): Promise<number | null> => {
      if (performance.now() > deadline) return null;
      onProgress({ phase: 'lanes', done: numbers.indexOf(lanes), total: numbers.length });
      timer ??= await DecodeTimer.make(device, cache, plan, recipe);
      const seconds = await timer.seconds(decodeWith(plan.spec, lanes), signal);
      // The kernels of the first number compile in its time.
      if (lanes === largest) deadline = performance.now() + BUDGET[device.isSoftware ? 'software' : 'hardware'];
      return seconds;
    };
    try {
      const times = await timeLanes(numbers, timesOf(open, plan), measure);
      const key = keyOf(recipe, plan);
      const lanes = bestLanes(numbers, times) ?? largest;
      return { lanes, stored: { ...stored, [key]: { ...stored[key], ...times } } };
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'out-of-memory')) throw error;
      limit = largest / 2;
    } finally {
      (timer as DecodeTimer | null)?.dispose();
    }
  }
}
