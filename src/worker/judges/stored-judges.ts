/** Reward and embedding models in the browser's storage, as judges. */
import type { JudgeFiles } from '../../judges/onnx/reading';
import { LabError } from '../../lib/errors';
import type { RecipeFault } from '../../recipe/faults';
import { askedKinds } from '../../recipe/judges/asked';
import { KINDS } from '../../recipe/judges/kinds';
import { baseModelName } from '../../recipe/model-id';
import type { Recipe } from '../../recipe/recipe';
import type { ModelUse } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import type { StoredModel } from '../../storage/schema';
import { isGraph, StoredModelSource, usedAs } from '../models/stored-model';

export type JudgeUse = Exclude<ModelUse, 'policy'>;

/** The files of a stored judge. @throws LabError judge-failed: it is not stored, or has another use; bad-file */
export async function storedJudge(store: ModelStore, id: string, use: JudgeUse): Promise<JudgeFiles> {
  const model = await store.get(id);
  const graph = model?.files.find(isGraph);
  if (model === null || graph === undefined || usedAs(model) !== use) {
    throw new LabError('judge-failed', faultOf(id, use, model), 'Add it in Models, or choose another judge.');
  }
  const source = new StoredModelSource(baseModelName(id), model.files, (file) => store.open(file));
  return {
    name: model.name,
    text: (file) => source.text(file),
    optionalText: (file) => source.optionalText(file),
    model: await store.file(graph),
  };
}

/** Whether the stored judges that a recipe names are missing or unsuitable; null if none is. */
export async function judgeFault(store: ModelStore, recipe: Recipe): Promise<RecipeFault | null> {
  for (const kind of askedKinds(recipe)) {
    const { model: choice } = KINDS[kind];
    if (choice?.source !== 'stored') continue;
    const { field, use, bundled } = choice;
    const id = recipe[field];
    if (id === '' && bundled !== null) continue;
    const model = id === '' ? null : await store.get(id);
    if (model === null || usedAs(model) !== use) return { field, message: faultOf(id, use, model) };
  }
  return null;
}

const USE_NAMES: Readonly<Record<ModelUse, string>> = {
  policy: 'a language model',
  reward: 'a reward model',
  embedding: 'a sentence-embedding model',
};

/** The sentence that says why a stored model cannot be used. */
function faultOf(id: string, use: JudgeUse, model: StoredModel | null): string {
  if (id === '') return `The recipe names no ${USE_NAMES[use].slice(2)}: add one in Models and choose it.`;
  if (model === null) {
    return `The judge ${baseModelName(id)} is not stored here: fetch it in Models first, or choose another.`;
  }
  return `${model.name} is ${USE_NAMES[usedAs(model)]}; this judge needs ${USE_NAMES[use]}.`;
}
