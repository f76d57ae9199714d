import type { ModelCosts } from '../../records/models';
import { type ChosenRecipe, type LongestTexts, type PlannedModel, planRecipe } from '../../training/recipe-plan';
import { generationBytes } from '../../training/workspace-plan';
import type { PlanningDevice } from '../device/device-info';
import { estimateOf, refusal } from '../runs/estimate';

/** Exact, because it is planned. Only the names and shapes of the tensors are read, and nothing is allocated. */
export function modelCosts(
  model: PlannedModel,
  recipe: ChosenRecipe,
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
    return refusedCosts(error);
  }
}

/**
 * The costs of a model that cannot be planned.
 * @throws the error itself if the model or its recipe is not the cause
 */
export const refusedCosts = (error: unknown): ModelCosts => ({
  generation: 0,
  training: 0,
  trainingCheckpointed: 0,
  refused: refusal(error).refused,
});
