import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { ModelCosts } from '../../records/models';
import { generationBytes } from '../../training/generation-bytes';
import { type DeviceTraits, type LongestTexts, type PlannedModel, planRecipe } from '../../training/recipe-plan';
import { estimateOf, refusal } from '../runs/estimate';

/** What of a device decides what fits it. */
export interface PlanningDevice {
  readonly traits: DeviceTraits;
  readonly limits: Pick<DeviceInfo, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;
}

/** Exact, from the plans alone: nothing is read but names and shapes, nothing allocated. */
export function modelCosts(
  model: PlannedModel,
  recipe: Recipe,
  longest: LongestTexts,
  device: PlanningDevice,
): ModelCosts {
  const plan = (checkpointing: boolean) => planRecipe(model, { ...recipe, checkpointing }, longest, device.traits);
  try {
    const kept = plan(false);
    const recomputed = plan(true);
    return {
      generation: generationBytes(recomputed),
      training: kept.bytes,
      trainingCheckpointed: recomputed.bytes,
      refused: estimateOf(recipe.checkpointing ? recomputed : kept, recipe, device.limits, null).refused,
    };
  } catch (error) {
    return { generation: 0, training: 0, trainingCheckpointed: 0, refused: refusal(error).refused };
  }
}
