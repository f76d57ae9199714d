/** What the Prompts place asks of the worker. What is refused is said where it was asked. */
import { LabError, toFailure } from '../lib/errors';
import type {
  DatasetOffer,
  Failure,
  MakePromptsWish,
  PromptPlan,
  PromptSetInfo,
  PromptSource,
  PromptTableInfo,
} from '../worker/protocol';
import { attempt, refreshPromptSets, refreshStorage } from './actions';
import { deleteSoon, undo } from './delete-soon';
import { lab } from './lab';
import { useModels } from './models';
import { type Import, lengthsKey, NO_IMPORT, NO_MAKING, usePrompts } from './prompts';
import { go } from './route';
import { changeRecipe, useSession } from './session';

/** null where it was given up: whoever did knows. */
function failureOf(error: unknown): Failure | null {
  return error instanceof LabError && error.code === 'cancelled' ? null : toFailure(error);
}

/** Once: the rows of an id never change. */
export async function openSet(id: string): Promise<void> {
  if (usePrompts.getState().rows.has(id)) return;
  usePrompts.setState({ failure: null });
  try {
    const rows = await lab().promptRows(id);
    usePrompts.setState((now) => ({ rows: new Map(now.rows).set(id, rows) }));
  } catch (error) {
    usePrompts.setState({ failure: toFailure(error) });
  }
}

/** @param model null: in characters */
export async function measureSet(id: string, model: string | null): Promise<void> {
  const key = lengthsKey(id, model);
  if (usePrompts.getState().lengths.has(key)) return;
  const lengths = await attempt(() => lab().promptLengths(id, model));
  if (lengths) usePrompts.setState((now) => ({ lengths: new Map(now.lengths).set(key, lengths) }));
}

export async function renamePromptSet(id: string, name: string): Promise<void> {
  await attempt(() => lab().renamePromptSet(id, name));
  await refreshPromptSets();
}

export function deletePromptSet(id: string): void {
  deleteSoon(usePrompts, id, async () => {
    await attempt(() => lab().deletePromptSet(id));
    await refreshPromptSets();
    void refreshStorage();
  });
}

export const undoDeletePromptSet = (id: string) => undo(usePrompts, id);

export const exportPromptSet = (id: string) => attempt(() => lab().exportPromptSet(id));

/** Into the recipe. */
export function trainOn(id: string): void {
  changeRecipe({ prompts: id });
}

export function evaluateOn(id: string): void {
  changeRecipe({ heldout: id });
}

export async function lookUpDataset(reference: string): Promise<void> {
  const asked = reference.trim();
  if (asked === '') return;
  const asking = { status: 'asking', reference: asked } as const;
  usePrompts.setState({ reference: asked, lookUp: asking });
  const { token } = useModels.getState();
  try {
    const offer = await lab().lookUpDataset(asked, token || null);
    if (usePrompts.getState().lookUp === asking) usePrompts.setState({ lookUp: { status: 'offer', offer } });
  } catch (error) {
    if (usePrompts.getState().lookUp === asking) usePrompts.setState({ lookUp: { status: 'failed', failure: toFailure(error) } });
  }
}

export function fetchDataset(offer: DatasetOffer, file: string): Promise<void> {
  last = null;
  const { token } = useModels.getState();
  return take(file, () => lab().fetchDataset(offer, file, token || null));
}

/** The file that was read last, so that it can be read as another format. */
let last: PromptSource | null = null;

export function readPrompts(source: PromptSource): Promise<void> {
  last = source;
  return take(source.kind === 'file' ? source.file.name : 'what was pasted', () => lab().readPrompts(source));
}

/** @returns whether there is something to read again: a data set's file is gone from memory */
export const mayReadAs = (): boolean => last !== null;

export async function readAgainAs(format: PromptTableInfo['format']): Promise<void> {
  if (last !== null) await readPrompts({ ...last, format });
}

async function take(name: string, reading: () => Promise<PromptTableInfo>): Promise<void> {
  const coming: Import = { status: 'reading', name, progress: null };
  usePrompts.setState({ coming });
  const current = () => {
    const now = usePrompts.getState().coming;
    return now.status === 'reading' && now.name === name;
  };
  try {
    const table = await reading();
    if (!current()) return;
    const plan: PromptPlan = {
      mapping: table.mapping,
      dropDuplicates: true,
      dropNearDuplicates: false,
      heldoutShare: 0,
      faulty: 'drop',
    };
    const named = table.name.replace(/\.(jsonl|ndjson|json|csv|tsv|parquet|txt)$/i, '');
    usePrompts.setState({
      coming: { status: 'read', table, plan, name: named, preview: null, lengths: null, failure: null, keeping: false },
    });
    await preview();
  } catch (error) {
    if (current()) usePrompts.setState({ coming: { status: 'none', failure: failureOf(error) } });
  }
}

type Read = Extract<Import, { status: 'read' }>;

function changeRead(change: Partial<Read>): void {
  const { coming } = usePrompts.getState();
  if (coming.status === 'read') usePrompts.setState({ coming: { ...coming, ...change } });
}

export const nameImport = (name: string): void => changeRead({ name });

export async function changePlan(change: Partial<PromptPlan>): Promise<void> {
  const { coming } = usePrompts.getState();
  if (coming.status !== 'read') return;
  changeRead({ plan: { ...coming.plan, ...change }, preview: null });
  await preview();
}

/** Of the plan as it is; another that was asked for meanwhile comes after it. */
async function preview(): Promise<void> {
  const { coming } = usePrompts.getState();
  if (coming.status !== 'read') return;
  const { plan } = coming;
  const isCurrent = () => {
    const now = usePrompts.getState().coming;
    return now.status === 'read' && now.plan === plan;
  };
  try {
    const found = await lab().previewPrompts(plan);
    if (!isCurrent()) return;
    changeRead({ preview: found, failure: null });
    await measureImport();
  } catch (error) {
    if (isCurrent()) changeRead({ failure: failureOf(error) });
  }
}

/** In tokens of the recipe's model where that is wanted; characters come with the preview. */
export async function measureImport(): Promise<void> {
  const { coming, inTokens } = usePrompts.getState();
  if (coming.status !== 'read' || coming.preview === null) return;
  changeRead({ lengths: null });
  if (!inTokens) return;
  const { preview: of } = coming;
  const lengths = await attempt(() => lab().promptLengths(null, useSession.getState().recipe.model));
  const now = usePrompts.getState().coming;
  if (lengths && now.status === 'read' && now.preview === of) changeRead({ lengths });
}

/** Gives the file up, also one that is still being fetched. */
export async function closeImport(): Promise<void> {
  usePrompts.setState({ coming: NO_IMPORT });
  await attempt(() => lab().closePrompts());
}

/** Keeps it, and shows it. */
export async function keepImport(): Promise<void> {
  const { coming } = usePrompts.getState();
  if (coming.status !== 'read' || coming.keeping) return;
  changeRead({ keeping: true, failure: null });
  try {
    const kept = await lab().importMapped(coming.name, coming.plan);
    await shown(kept);
    usePrompts.setState({ coming: NO_IMPORT });
  } catch (error) {
    changeRead({ keeping: false, failure: failureOf(error) });
  }
}

async function shown(kept: readonly PromptSetInfo[]): Promise<void> {
  for (const { id } of kept) undo(usePrompts, id);
  await refreshPromptSets();
  void refreshStorage();
  const [first] = kept;
  if (first) go({ place: 'prompts', show: first.id });
}

export async function makePrompts(wish: MakePromptsWish): Promise<void> {
  usePrompts.setState({ making: { status: 'making', wish, progress: null } });
  const current = () => {
    const { making } = usePrompts.getState();
    return making.status === 'making' && making.wish === wish;
  };
  try {
    const made = await lab().makePrompts(wish);
    if (current()) usePrompts.setState({ making: { status: 'made', wish, made, failure: null } });
  } catch (error) {
    if (current()) usePrompts.setState({ making: { status: 'none', failure: failureOf(error) } });
  }
}

export async function closeMaking(): Promise<void> {
  const { making } = usePrompts.getState();
  usePrompts.setState({ making: NO_MAKING });
  if (making.status === 'making') await attempt(() => lab().cancelMakePrompts());
}

export async function keepMade(name: string, instructions: readonly string[]): Promise<void> {
  const { making } = usePrompts.getState();
  if (making.status !== 'made') return;
  try {
    await shown([await lab().keepPrompts(name, instructions, making.made.how)]);
    usePrompts.setState({ making: NO_MAKING });
  } catch (error) {
    usePrompts.setState({ making: { ...making, failure: failureOf(error) } });
  }
}
