import type { JudgeTexts } from '../../judges/onnx/reading';
import { LabError } from '../../lib/errors';
import type { RecipeFault } from '../../recipe/faults';
import { askedKinds } from '../../recipe/judges/asked';
import { KINDS } from '../../recipe/judges/kinds';
import { baseModelName } from '../../recipe/model-id';
import type { Recipe } from '../../recipe/recipe';
import type { ModelUse } from '../../records/models';
import type { ModelStore } from '../../storage/models';
import type { StoredModel } from '../../storage/schema';
import { isGraph, StoredModelSource, usedAs } from '../models/stored-model';

export type JudgeUse = Exclude<ModelUse, 'policy'>;

/** A stored judge's files. */
export interface JudgeFiles extends JudgeTexts {
  readonly name: string;
  /** The graph with its weights. */
  readonly model: Blob;
}

/** @throws LabError judge-failed: it is not here, or is of another use; bad-file */
export async function storedJudge(store: ModelStore, id: string, use: JudgeUse): Promise<JudgeFiles> {
  const model = await store.get(id);
  const graph = model?.files.find(isGraph);
  if (model === null || graph === undefined || usedAs(model) !== use) {
    throw new LabError('judge-failed', unfit(id, use, model), 'Add it in Models, or choose another judge.');
  }
  const source = new StoredModelSource(baseModelName(id), model.files, (file) => store.open(file));
  return {
    name: model.name,
    text: (file) => source.text(file),
    optionalText: (file) => source.optionalText(file),
    model: await store.file(graph),
  };
}

/** Why a run cannot have the stored judges that its recipe names; null where it can. */
export async function judgeFault(store: ModelStore, recipe: Recipe): Promise<RecipeFault | null> {
  for (const kind of askedKinds(recipe)) {
    const { model: choice } = KINDS[kind];
    if (choice?.source !== 'stored') continue;
    const { field, use, bundled } = choice;
    const id = recipe[field];
    if (id === '' && bundled !== null) continue;
    const model = id === '' ? null : await store.get(id);
    if (model === null || usedAs(model) !== use) return { field, message: unfit(id, use, model) };
  }
  return null;
}

const USE_NAMES: Readonly<Record<ModelUse, string>> = {
  policy: 'a language model',
  reward: 'a reward model',
  embedding: 'a sentence-embedding model',
};

/** Why no judge of this use is to be had under an id. */
function unfit(id: string, use: JudgeUse, model: StoredModel | null): string {
  if (id === '') return `The recipe names no ${USE_NAMES[use].slice(2)}: add one in Models and choose it.`;
  if (model === null)
    return `The judge ${baseModelName(id)} is not stored here: fetch it in Models first, or choose another.`;
  return `${model.name} is ${USE_NAMES[usedAs(model)]}; this judge needs ${USE_NAMES[use]}.`;
}
