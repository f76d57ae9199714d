/** An adapter as PEFT's two files. */
import type { AdapterFiles } from '../formats/adapter-zip';
import { writePeft } from '../formats/peft';
import { adapterLayout, adapterMatrices, gatherMatrix } from '../model/adapter-layout';
import type { ModelConfig } from '../model/config';
import { baseModelName } from '../recipe/model-id';
import type { Recipe } from '../recipe/recipe';

/** @param weights the adapter's flat buffer, as checkpoints hold it */
export function peftFiles(
  model: ModelConfig,
  recipe: Pick<Recipe, 'model' | 'rank' | 'alpha' | 'rsLora' | 'targetModules'>,
  weights: Float32Array,
): AdapterFiles {
  const { rank, alpha, rsLora } = recipe;
  const tensors = adapterMatrices(adapterLayout(model, recipe)).map((matrix) => ({
    layer: matrix.layer,
    module: matrix.module,
    matrix: matrix.factor,
    shape: matrix.shape,
    values: gatherMatrix(weights, matrix),
  }));
  return writePeft({ config: { rank, alpha, rsLora, baseModel: baseModelName(recipe.model) }, tensors });
}
