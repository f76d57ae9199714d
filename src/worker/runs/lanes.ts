/** Plans a recipe that leaves the number of lanes to its run. */
import { cacheBytes, isCacheLabel } from '../../model/generation/generation-plans';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceSpeed } from '../../records/device';
import type { StoredStepTimes } from '../../storage/key-value/tuning';
import {
  bestLanes,
  decodeWith,
  expectedLanes,
  generatedSoFar,
  laneNumbers,
  type StepTimes,
} from '../../training/lane-choice';
import { PhaseCosts } from '../../training/phase-costs';
import { cachedPrompts } from '../../training/recipe-plan';
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

/**
 * The plan of a run that would begin now: with the number that decodes fastest by the times of this device, or by the
 * cost model where nothing was timed. If nothing fits, a plan with the fewest lanes.
 */
export function expectedPlan(open: OpenRecipe, speed: DeviceSpeed): WorkspacePlan {
  const { plan, numbers } = mostLanes(open);
  const timed = bestLanes(numbers, timesOf(open, plan));
  const lanes = timed ?? expectedLanes(numbers, predictedTimes(open, plan, numbers, speed));
  return lanes === plan.spec.generation.lanes ? plan : open.make(lanes);
}

/** The plan with the most lanes that the device has room for, and the numbers up to those. */
export function mostLanes(open: OpenRecipe, most = Number.POSITIVE_INFINITY) {
  const { recipe, limits, memory } = open;
  const numbers = laneNumbers(recipe).filter((lanes) => lanes <= most);
  const lanes = () => numbers[0] ?? 1;
  const fits = (plan: WorkspacePlan) =>
    estimateOf(plan, recipe, limits, null).refused === null &&
    (lanes() <= FEW_LANES || leavesEnoughMemory(plan.bytes, memory));
  for (;;) {
    const plan = open.make(lanes());
    if (numbers.length <= 1 || fits(plan)) return { plan, numbers };
    // Planning takes long, so numbers whose cache alone is too large are passed over.
    do numbers.shift();
    while (numbers.length > 1 && !fits(withCacheOf(plan, recipe, lanes())));
  }
}

/** The plan with the cache of fewer lanes. It takes at most a little more memory than the plan of those lanes. */
function withCacheOf(plan: WorkspacePlan, recipe: Recipe, lanes: number): WorkspacePlan {
  const { weights, generation } = plan.spec;
  const { config } = weights.model;
  const size = cacheBytes(config, { ...generation, lanes, prompts: cachedPrompts(recipe, lanes) });
  const allocations = plan.allocations.map((each) => (isCacheLabel(each.label) ? { ...each, bytes: size } : each));
  const bytes = plan.bytes - config.layers * (cacheBytes(config, generation) - size);
  return { ...plan, allocations, bytes };
}

/** Times depend on the model and on how many keys a lane attends to, of which the power of two suffices. */
export function keyOf({ model }: Recipe, { spec }: WorkspacePlan): string {
  const { maxPrompt, maxNewTokens } = spec.generation;
  return `${model} ≤${2 ** Math.ceil(Math.log2(maxPrompt + maxNewTokens))}`;
}

export const timesOf = ({ recipe, stored }: OpenRecipe, plan: WorkspacePlan): StepTimes =>
  stored[keyOf(recipe, plan)] ?? {};

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
