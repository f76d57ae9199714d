/** What the page asks of the worker about models. What fails is said beside what was asked, where there is such a place. */
import { LabError, toFailure } from '../lib/errors';
import { recipeToQuery } from '../recipe/encoding';
import { changesWithModel, recipeForModel } from '../recipe/model-recipe';
import { demoPreset, type PresetName } from '../recipe/presets';
import type { Recipe } from '../recipe/recipe';
import type { CuratedModel, HubChoice, HubOffer, ModelCosts, ModelInfo } from '../records/models';
import { attempt, refreshStorage } from './actions';
import { deleteSoon, undo } from './delete-soon';
import { lab } from './lab';
import { putDownload, useModels } from './models';
import { go } from './route';
import { adoptRecipe, changeRecipe, choosePreset, useSession } from './session';

/** Models and downloads, and with them how much room is left. */
export async function refreshModels(): Promise<void> {
  await attempt(async () => {
    const [list, downloads] = await Promise.all([lab().models(), lab().downloads()]);
    useModels.setState({ list, downloads });
  });
  await refreshStorage();
}

/** Of every model that is here, one after the other; what another recipe would have cost is forgotten. */
export async function refreshCosts(recipe: Recipe): Promise<void> {
  if (useModels.getState().costsOf !== recipe) useModels.setState({ costs: new Map(), costsOf: recipe });
  for (const { id, use, failure } of useModels.getState().list ?? []) {
    const { costs, costsOf } = useModels.getState();
    if (costsOf !== recipe) return;
    if (use !== 'policy' || failure !== null || costs.has(id)) continue;
    const cost = await lab()
      .modelCosts(id, recipe)
      .catch((error: unknown): ModelCosts => {
        const { message, advice } = toFailure(error);
        return { generation: 0, training: 0, trainingCheckpointed: 0, refused: `${message} ${advice}`.trim() };
      });
    if (useModels.getState().costsOf === recipe)
      useModels.setState((now) => ({ costs: new Map(now.costs).set(id, cost) }));
  }
}

/** Once: it does not change while the page is open. */
export async function loadCurated(): Promise<void> {
  if (useModels.getState().curated !== null) return;
  useModels.setState({ curatedFailure: null });
  try {
    useModels.setState({ curated: await lab().curatedModels() });
  } catch (error) {
    useModels.setState({ curatedFailure: toFailure(error) });
  }
}

/** Asks the Hub what a repository has. Fetches nothing. @param wanted the choice that a recommendation names */
export async function lookUpModel(reference: string, wanted: string | null = null): Promise<void> {
  const asked = reference.trim();
  if (asked === '') return;
  const { token } = useModels.getState();
  const asking = { status: 'asking', reference: asked } as const;
  useModels.setState({ reference: asked, lookUp: asking });
  const settle = (lookUp: ReturnType<typeof useModels.getState>['lookUp']) => {
    // Another was asked for meanwhile.
    if (useModels.getState().lookUp === asking) useModels.setState({ lookUp });
  };
  try {
    settle({ status: 'offer', offer: await lab().lookUpModel(asked, token || null), wanted });
  } catch (error) {
    settle({ status: 'failed', reference: asked, wanted, failure: toFailure(error) });
  }
}

/** The pinned commit of a recommendation, into the field and asked of the Hub. */
export function lookUpCurated({ repository, revision, choice }: CuratedModel): Promise<void> {
  return lookUpModel(`${repository}@${revision}`, choice ?? 'safetensors');
}

/** @returns whether it has begun */
export async function startDownload(offer: HubOffer, choice: HubChoice): Promise<boolean> {
  const { token } = useModels.getState();
  const download = await attempt(() => lab().download(offer, choice.name, token || null));
  if (download !== undefined) putDownload(download);
  return download !== undefined;
}

export const pauseDownload = (id: string) => attempt(() => lab().pauseDownload(id));

export const continueDownload = (id: string) => {
  const { token } = useModels.getState();
  return attempt(() => lab().continueDownload(id, token || null));
};

export async function cancelDownload(id: string): Promise<void> {
  await attempt(() => lab().cancelDownload(id));
  await refreshModels();
}

/** Of the folder, or of the first file. */
export interface LocalFiles {
  readonly name: string;
  readonly files: readonly File[];
}

const POLL_MS = 500;

/** A folder's own files or one GGUF. @param reading while the browser still hands them over */
export async function addLocalModel(reading: LocalFiles | Promise<LocalFiles>): Promise<void> {
  if (useModels.getState().adding !== null) return;
  const { name, files } = await Promise.resolve(reading).catch(
    (): LocalFiles => ({ name: 'What was dropped', files: [] }),
  );
  if (files.length === 0) {
    if (name === '') return;
    const failure = new LabError(
      'bad-file',
      `${name} has no files of its own that could be read.`,
      'Take the folder that holds config.json, or a GGUF file.',
    );
    useModels.setState({ addFailure: toFailure(failure) });
    return;
  }
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  useModels.setState({ adding: { name, bytes, copied: 0 }, addFailure: null });
  const before = await lab()
    .storage()
    .catch(() => null);
  const timer = setInterval(async () => {
    const now = await lab()
      .storage()
      .catch(() => null);
    if (now === null || before === null) return;
    const copied = Math.min(bytes, Math.max(0, now.usage - before.usage));
    useModels.setState(({ adding }) => ({ adding: adding && { ...adding, copied } }));
  }, POLL_MS);
  try {
    if (before !== null && before.quota > 0 && bytes > before.quota - before.usage) {
      throw new LabError(
        'storage-full',
        `${name} does not fit the room that is left.`,
        'Delete a model or a run, then try again.',
      );
    }
    const { id } = await lab().addLocalModel(files);
    // It may have been about to be deleted.
    undo(useModels, id);
  } catch (error) {
    useModels.setState({ addFailure: toFailure(error) });
  } finally {
    clearInterval(timer);
    useModels.setState({ adding: null });
  }
  await refreshModels();
}

export function deleteModel(id: string): void {
  deleteSoon(useModels, id, async () => {
    await attempt(() => lab().deleteModel(id));
    await refreshModels();
    const bundled = useModels.getState().list?.find(({ source }) => source === 'bundled');
    if (useSession.getState().recipe.model === id && bundled !== undefined) chooseModel(bundled);
  });
}

export const undoDeleteModel = (id: string) => undo(useModels, id);

/** Asks the browser to keep what is stored. */
export async function keepStorage(): Promise<void> {
  await attempt(async () => useSession.setState({ storage: await lab().persist() }));
}

/** Into the recipe, with the values that go with a model of its size. What that changed is said in the Lab, and can be taken back. */
export function chooseModel({ id, name, source, parameters }: ModelInfo): void {
  const { recipe: before, device } = useSession.getState();
  if (before.model === id) return;
  const recipe = recipeForModel(
    before,
    { id, bundled: source === 'bundled', parameters },
    demoPreset(device?.kind ?? 'software'),
  );
  adoptRecipe(recipe);
  useModels.setState({
    chosen: { message: `The recipe’s model is now ${name}.`, advice: changesWithModel(before, recipe), before },
  });
}

/** A preset's numbers, but for those that follow the model. */
export function choosePresetForModel(name: PresetName): void {
  choosePreset(name);
  const { recipe, device } = useSession.getState();
  const model = useModels.getState().list?.find(({ id }) => id === recipe.model);
  if (model === undefined || model.source === 'bundled') return;
  const { id, parameters } = model;
  changeRecipe(recipeForModel(recipe, { id, bundled: false, parameters }, demoPreset(device?.kind ?? 'software')));
}

export function takeToLab(model: ModelInfo): void {
  chooseModel(model);
  go({ place: 'lab', query: recipeToQuery(useSession.getState().recipe) });
}

export function undoChooseModel(): void {
  const { chosen } = useModels.getState();
  if (chosen !== null) adoptRecipe(chosen.before);
  useModels.setState({ chosen: null });
}
