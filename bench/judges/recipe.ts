/** The recipe of the policy that judges. */
import type { LanguageModel } from '../../src/model/language-model';
import { recipeForModel } from '../../src/recipe/model-recipe';
import { PRESETS } from '../../src/recipe/presets';
import type { ChosenRecipe } from '../../src/training/recipe-plan';

/** The page's prompt leaves no room for a response in the bundled model's 256 tokens. */
const SHORT_PROMPT = '{instruction}\nA: {first}\nB: {second}\nWhich is right, [[A]] or [[B]]?';

/** Candidates that are generated at once. */
const LANES = 16;

/** The bundled model's, or one that suits a model of its size. */
export function judgingRecipe(model: LanguageModel, bundled: boolean): ChosenRecipe {
  const quick: ChosenRecipe = { ...PRESETS.quick, judge: 'self', arms: ['direct'], lanes: LANES };
  if (bundled) return { ...quick, comparisonPrompt: SHORT_PROMPT };
  const shapes = [...model.weights.tensors.values()].map(({ shape }) =>
    shape.reduce((product, size) => product * size, 1),
  );
  const parameters = shapes.reduce((sum, size) => sum + size, 0);
  const recipe = recipeForModel(quick, { id: model.name, bundled: false, parameters }, 'quick');
  return { ...recipe, lanes: LANES, maxNewTokensDirect: 24 };
}
