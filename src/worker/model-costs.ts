import type { Recipe } from '../recipe/recipe';
import { generationBytes } from '../training/generation-bytes';
import type { Engine } from './engine';
import { estimateOf, refusal } from './estimate';
import type { ModelCosts } from './protocol';

/** What the recipe costs with this model. A recipe that cannot be planned for it, or does not fit, says why. */
export async function modelCosts(engine: Pick<Engine, 'plan' | 'device'>, recipe: Recipe): Promise<ModelCosts> {
  try {
    const { plan: training } = await engine.plan({ ...recipe, checkpointing: false });
    const { plan: checkpointed } = await engine.plan({ ...recipe, checkpointing: true });
    const { refused } = estimateOf(recipe.checkpointing ? checkpointed : training, recipe, await engine.device(), null);
    return {
      generation: generationBytes(training),
      training: training.bytes,
      trainingCheckpointed: checkpointed.bytes,
      refused,
    };
  } catch (error) {
    return { generation: 0, training: 0, trainingCheckpointed: 0, refused: refusal(error).refused };
  }
}
