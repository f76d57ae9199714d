/** Chooses the number of lanes of a recipe that says `auto`. Loaded with the first such recipe that is planned. */
import type { Device } from '../../engine/device';
import type { PipelineCache } from '../../engine/kernel';
import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceSpeed } from '../../records/device';
import type { StoredStepTimes } from '../../storage/key-value/tuning';
import type { OpeningOptions } from '../../tpo/policy';
import { DecodeTimer, decodeWith } from '../../training/decode-timer';
import { bestLanes, generatedSoFar, laneNumbers, type StepTimes, timeLanes } from '../../training/lane-choice';
import { PhaseCosts } from '../../training/phase-costs';
import type { WorkspacePlan } from '../../training/workspace-plan';
import type { PlanningLimits } from '../device/device-info';
import { leavesEnoughMemory } from '../device/gpu-memory';
import { estimateOf } from './estimate';

/** A recipe whose number of lanes is to be chosen. */
export interface OpenRecipe {
  readonly recipe: Recipe;
  readonly limits: PlanningLimits;
  /** Memory of the machine in GiB. */
  readonly memory: number;
  /** Plans the recipe with so many lanes. */
  readonly make: (lanes: number) => WorkspacePlan;
  /** Times that were measured on this device, of all models. */
  readonly stored: StoredStepTimes;
}

/** With more lanes than this, a plan must leave the rest of the machine enough memory. */
const FEW_LANES = 8;
/** Milliseconds to time numbers of lanes for, after the first. */
const BUDGET = { software: 3_000, hardware: 1_500 } as const;

/**
 * The plan of a run that would begin now: with the number that decodes fastest by the times of this device, or by the
 * cost model where nothing was timed. If nothing fits, a plan with the fewest lanes.
 */
export function expectedPlan(open: OpenRecipe, speed: DeviceSpeed): WorkspacePlan {
  const { plan, numbers } = mostLanes(open);
  const timed = bestLanes(numbers, timesOf(open, plan));
  const lanes = timed ?? bestLanes(numbers, predictedTimes(open, plan, numbers, speed));
  return lanes === null || lanes === plan.spec.generation.lanes ? plan : open.make(lanes);
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
  const { plan, numbers } = mostLanes(open, most);
  const largest = plan.spec.generation.lanes;
  if (numbers.length === 1) return { lanes: largest, stored };
  let timer: DecodeTimer | null = null;
  let deadline = Number.POSITIVE_INFINITY;
  try {
    const times = await timeLanes(numbers, timesOf(open, plan), async (lanes) => {
      if (performance.now() > deadline) return null;
      onProgress({ phase: 'lanes', done: numbers.indexOf(lanes), total: numbers.length });
      timer ??= await DecodeTimer.make(device, cache, plan, recipe);
      const seconds = await timer.seconds(decodeWith(plan.spec, lanes), signal);
      // The kernels of the first number compile in its time.
      if (lanes === largest) deadline = performance.now() + BUDGET[device.isSoftware ? 'software' : 'hardware'];
      return seconds;
    });
    const key = keyOf(recipe, plan);
    return { lanes: bestLanes(numbers, times) ?? largest, stored: { ...stored, [key]: { ...stored[key], ...times } } };
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'out-of-memory')) throw error;
    return fastestLanes(device, cache, open, { signal, onProgress }, largest / 2);
  } finally {
    (timer as DecodeTimer | null)?.dispose();
  }
}

/** The plan with the most lanes that the device has room for, and the numbers up to those. */
function mostLanes({ recipe, make, limits, memory }: OpenRecipe, most = Number.POSITIVE_INFINITY) {
  const numbers = laneNumbers(recipe).filter((lanes) => lanes <= most);
  for (;;) {
    const lanes = numbers[0] ?? 1;
    const plan = make(lanes);
    const fits = estimateOf(plan, recipe, limits, null).refused === null;
    if (numbers.length <= 1 || (fits && (lanes <= FEW_LANES || leavesEnoughMemory(plan.bytes, memory))))
      return { plan, numbers };
    numbers.shift();
  }
}

/** Times depend on the model and on how many keys a lane attends to, of which the power of two suffices. */
function keyOf({ model }: Recipe, { spec }: WorkspacePlan): string {
  const { maxPrompt, maxNewTokens } = spec.generation;
  return `${model} ≤${2 ** Math.ceil(Math.log2(maxPrompt + maxNewTokens))}`;
}

const timesOf = ({ recipe, stored }: OpenRecipe, plan: WorkspacePlan): StepTimes => stored[keyOf(recipe, plan)] ?? {};

function predictedTimes(
  { recipe: { k } }: OpenRecipe,
  plan: WorkspacePlan,
  numbers: readonly number[],
  speed: DeviceSpeed,
): StepTimes {
  const { maxPrompt: prompt, maxNewTokens } = plan.spec.generation;
  const secondsOf = (lanes: number): number => {
    const { capacity, dispatches } = decodeWith(plan.spec, lanes);
    const changed = {
      spec: { ...plan.spec, generation: capacity },
      dispatches: { ...plan.dispatches, decode: dispatches },
    };
    const costs = new PhaseCosts({ ...plan, ...changed }, speed);
    return costs.decode({ lanes, k, prompt, generated: generatedSoFar(maxNewTokens) });
  };
  return Object.fromEntries(numbers.map((lanes) => [lanes, secondsOf(lanes)]));
}
