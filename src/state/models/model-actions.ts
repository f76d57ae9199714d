/**
 * Lists, downloads, adds, deletes and chooses models. Failures are kept next to the action that caused them where
 * possible.
 */
import { LabError, toFailure } from '../../lib/errors';
import { recipeToQuery } from '../../recipe/encoding';
import { changesWithModel, recipeForModel } from '../../recipe/model-recipe';
import { demoPreset, type PresetName } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { CuratedModel, HubChoice, HubOffer, ModelCosts, ModelInfo } from '../../records/models';
import { lab } from '../lab';
import { go } from '../session/route';
import { adoptRecipe, changeRecipe, choosePreset, sessionStore } from '../session/session';
import { attempt, refreshStorage } from '../session/session-actions';
import { deleteWithUndo, undoDelete } from '../undoable-delete';
import { modelsStore, putDownload } from './models';

/** Reads the models, the downloads and the free storage. */
export async function refreshModels(): Promise<void> {
  await attempt(async () => {
    const [list, downloads] = await Promise.all([lab().models(), lab().downloads()]);
    modelsStore.setState({ list, downloads });
  });
  await refreshStorage();
}

/**
 * Computes the memory that every stored policy needs for a recipe, one after the other. Results for another recipe
 * are dropped.
 */
export async function refreshCosts(recipe: Recipe): Promise<void> {
  if (modelsStore.getState().costsOf !== recipe) modelsStore.setState({ costs: new Map(), costsOf: recipe });
  for (const { id, use, failure } of modelsStore.getState().list ?? []) {
    const { costs, costsOf } = modelsStore.getState();
    if (costsOf !== recipe) return;
    if (use !== 'policy' || failure !== null || costs.has(id)) continue;
    const cost = await lab()
      .modelCosts(id, recipe)
      .catch((error: unknown): ModelCosts => {
        const { message, advice } = toFailure(error);
        return { generation: 0, training: 0, trainingCheckpointed: 0, refused: `${message} ${advice}`.trim() };
      });
    if (modelsStore.getState().costsOf === recipe)
      modelsStore.setState((now) => ({ costs: new Map(now.costs).set(id, cost) }));
  }
}

/** Loads the list of recommended models once. It does not change while the page is open. */
export async function loadCurated(): Promise<void> {
  if (modelsStore.getState().curated !== null) return;
  modelsStore.setState({ curatedFailure: null });
  try {
    modelsStore.setState({ curated: await lab().curatedModels() });
  } catch (error) {
    modelsStore.setState({ curatedFailure: toFailure(error) });
  }
}

/**
 * Asks the Hub for the files of a repository, without downloading them.
 * @param recommendedChoice the choice that a recommendation names
 */
export async function lookUpModel(reference: string, recommendedChoice: string | null = null): Promise<void> {
  const asked = reference.trim();
  if (asked === '') return;
  const { token } = modelsStore.getState();
  const asking = { status: 'asking', reference: asked } as const;
  modelsStore.setState({ reference: asked, lookUp: asking });
  const settle = (lookUp: ReturnType<typeof modelsStore.getState>['lookUp']) => {
    // Ignore the answer when another repository has been asked for since.
    if (modelsStore.getState().lookUp === asking) modelsStore.setState({ lookUp });
  };
  try {
    settle({ status: 'offer', offer: await lab().lookUpModel(asked, token || null), recommendedChoice });
  } catch (error) {
    settle({ status: 'failed', reference: asked, recommendedChoice, failure: toFailure(error) });
  }
}

/** Looks up a recommended model at its pinned commit. */
export function lookUpCurated({ repository, revision, choice }: CuratedModel): Promise<void> {
  return lookUpModel(`${repository}@${revision}`, choice ?? 'safetensors');
}

/** @returns whether the download has started */
export async function startDownload(offer: HubOffer, choice: HubChoice): Promise<boolean> {
  const { token } = modelsStore.getState();
  const download = await attempt(() => lab().download(offer, choice.name, token || null));
  if (download !== undefined) putDownload(download);
  return download !== undefined;
}

export const pauseDownload = (id: string) => attempt(() => lab().pauseDownload(id));

export const continueDownload = (id: string) => {
  const { token } = modelsStore.getState();
  return attempt(() => lab().continueDownload(id, token || null));
};

export async function cancelDownload(id: string): Promise<void> {
  await attempt(() => lab().cancelDownload(id));
  await refreshModels();
}

export interface LocalFiles {
  /** Name of the folder or of the first file. */
  readonly name: string;
  readonly files: readonly File[];
}

const POLL_MS = 500;

/**
 * Copies a model's folder or a GGUF file into storage.
 * @param reading may be pending while the browser reads a dropped folder
 */
export async function addLocalModel(reading: LocalFiles | Promise<LocalFiles>): Promise<void> {
  if (modelsStore.getState().adding !== null) return;
  const { name, files } = await Promise.resolve(reading).catch(
    (): LocalFiles => ({ name: 'The dropped item', files: [] }),
  );
  if (files.length === 0) {
    if (name === '') return;
    const failure = new LabError(
      'bad-file',
      `No model files were found in ${name}.`,
      'Choose the folder that contains config.json, or a GGUF file.',
    );
    modelsStore.setState({ addFailure: toFailure(failure) });
    return;
  }
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  modelsStore.setState({ adding: { name, bytes, copied: 0 }, addFailure: null });
  const before = await lab()
    .storage()
    .catch(() => null);
  const timer = setInterval(async () => {
    const now = await lab()
      .storage()
      .catch(() => null);
    if (now === null || before === null) return;
    const copied = Math.min(bytes, Math.max(0, now.usage - before.usage));
    modelsStore.setState(({ adding }) => ({ adding: adding && { ...adding, copied } }));
  }, POLL_MS);
  try {
    if (before !== null && before.quota > 0 && bytes > before.quota - before.usage) {
      throw new LabError(
        'storage-full',
        `${name} does not fit into the free storage.`,
        'Delete a model or a run, then try again.',
      );
    }
    const { id } = await lab().addLocalModel(files);
    // The same model may be waiting to be deleted.
    undoDelete(modelsStore, id);
  } catch (error) {
    modelsStore.setState({ addFailure: toFailure(error) });
  } finally {
    clearInterval(timer);
    modelsStore.setState({ adding: null });
  }
  await refreshModels();
}

export function deleteModel(id: string): void {
  deleteWithUndo(modelsStore, id, async () => {
    await attempt(() => lab().deleteModel(id));
    await refreshModels();
    const bundled = modelsStore.getState().list?.find(({ source }) => source === 'bundled');
    if (sessionStore.getState().recipe.model === id && bundled !== undefined) chooseModel(bundled);
  });
}

export const undoDeleteModel = (id: string) => undoDelete(modelsStore, id);

/**
 * Puts a model into the recipe, with the settings that suit its size. The Lab shows what changed and offers to undo
 * it.
 */
export function chooseModel({ id, name, source, parameters }: ModelInfo): void {
  const { recipe: before, device } = sessionStore.getState();
  if (before.model === id) return;
  const recipe = recipeForModel(
    before,
    { id, bundled: source === 'bundled', parameters },
    demoPreset(device?.kind ?? 'software'),
  );
  adoptRecipe(recipe);
  modelsStore.setState({
    chosen: { message: `The recipe now uses the model ${name}.`, advice: changesWithModel(before, recipe), before },
  });
}

/** Applies a preset, except for the values that depend on the model. */
export function choosePresetForModel(name: PresetName): void {
  choosePreset(name);
  const { recipe, device } = sessionStore.getState();
  const model = modelsStore.getState().list?.find(({ id }) => id === recipe.model);
  if (model === undefined || model.source === 'bundled') return;
  const { id, parameters } = model;
  changeRecipe(recipeForModel(recipe, { id, bundled: false, parameters }, demoPreset(device?.kind ?? 'software')));
}

/** Chooses a model and opens the Lab. */
export function openInLab(model: ModelInfo): void {
  chooseModel(model);
  go({ place: 'lab', query: recipeToQuery(sessionStore.getState().recipe) });
}

export function undoChooseModel(): void {
  const { chosen } = modelsStore.getState();
  if (chosen !== null) adoptRecipe(chosen.before);
  modelsStore.setState({ chosen: null });
}
