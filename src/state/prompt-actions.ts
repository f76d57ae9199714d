/** What the Prompts place asks of the worker. What is refused is said where it was asked. */
import { type Failure, LabError, toFailure } from '../lib/errors';
import type { DatasetOffer, PromptFormat, PromptPlan, PromptSource, PromptTableInfo } from '../records/prompt-import';
import type { PromptSetInfo } from '../records/prompts';
import { attempt, refreshPromptSets, refreshStorage } from './actions';
import { deleteSoon, undo } from './delete-soon';
import { lab } from './lab';
import { useModels } from './models';
import { type Import, lengthsKey, NO_IMPORT, usePrompts } from './prompts';
import { go } from './route';
import { changeRecipe, useSession } from './session';

/** null where it was given up: whoever did knows. */
export function failureOf(error: unknown): Failure | null {
  return error instanceof LabError && error.code === 'cancelled' ? null : toFailure(error);
}

/** Once: the rows of an id never change. */
export async function openSet(id: string): Promise<void> {
  usePrompts.setState({ failure: null });
  if (usePrompts.getState().rows.has(id)) return;
  try {
    const rows = await lab().promptRows(id);
    usePrompts.setState((now) => ({ rows: new Map(now.rows).set(id, rows) }));
  } catch (error) {
    usePrompts.setState({ failure: toFailure(error) });
  }
}

/** @param model null: in characters, which is what is shown where tokens cannot be counted */
export async function measureSet(id: string, model: string | null): Promise<void> {
  const key = lengthsKey(id, model);
  if (usePrompts.getState().lengths.has(key)) return;
  try {
    const lengths = await lab().promptLengths(id, model);
    usePrompts.setState((now) => ({ lengths: new Map(now.lengths).set(key, lengths) }));
  } catch (error) {
    usePrompts.setState({ failure: toFailure(error), inTokens: false });
  }
}

export async function renamePromptSet(id: string, name: string): Promise<void> {
  await attempt(() => lab().renamePromptSet(id, name));
  await refreshPromptSets();
}

/** Asks first: a refusal after the time to undo would come when nobody looks. @returns whether it goes */
export async function deletePromptSet(id: string): Promise<boolean> {
  usePrompts.setState({ failure: null });
  try {
    await lab().mayDeletePromptSet(id);
  } catch (error) {
    usePrompts.setState({ failure: toFailure(error) });
    return false;
  }
  deleteSoon(usePrompts, id, async () => {
    await attempt(() => lab().deletePromptSet(id));
    await refreshPromptSets();
    void refreshStorage();
  });
  return true;
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
    if (usePrompts.getState().lookUp === asking)
      usePrompts.setState({ lookUp: { status: 'failed', failure: toFailure(error) } });
  }
}

export function fetchDataset(offer: DatasetOffer, file: string): Promise<void> {
  const { token } = useModels.getState();
  const size = offer.files.find(({ name }) => name === file)?.bytes ?? 0;
  return take(file, size, () => lab().fetchDataset(offer, file, token || null));
}

export function readPrompts(source: PromptSource): Promise<void> {
  const [name, size] =
    source.kind === 'file' ? [source.file.name, source.file.size] : ['what was pasted', new Blob([source.text]).size];
  return take(name, size, () => lab().readPrompts(source));
}

/** What was dropped on the place: one file, for a set comes of one. */
export async function readDropped(files: readonly File[]): Promise<void> {
  const [file] = files;
  if (file === undefined) return;
  if (files.length === 1) return readPrompts({ kind: 'file', file });
  const failure: Failure = {
    code: 'bad-prompts',
    message: `${files.length} files were dropped, and a set comes of one.`,
    advice: 'Nothing was imported. Drop them one after the other, or put them into one file.',
  };
  const { coming } = usePrompts.getState();
  if (coming.status === 'read') return changeRead({ failure });
  await closeImport();
  usePrompts.setState({ coming: { ...NO_IMPORT, failure } });
}

/** The same file again, be it from the disk, the clipboard or the Hub. */
export async function readAgainAs(format: PromptFormat): Promise<void> {
  await take(last.name, last.size, () => lab().readPromptsAs(format));
}

let last = { name: '', size: 0 };
let takes = 0;

async function take(name: string, size: number, reading: () => Promise<PromptTableInfo>): Promise<void> {
  const own = ++takes;
  last = { name, size };
  usePrompts.setState({ coming: { status: 'reading', name, bytes: size, progress: null }, known: null });
  const current = () => own === takes && usePrompts.getState().coming.status === 'reading';
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
    const named = table.name.replace(/(\.(jsonl|ndjson|json|csv|tsv|parquet|txt))?(\.gz)?$/i, '');
    usePrompts.setState({
      coming: {
        status: 'read',
        table,
        plan,
        name: named,
        preview: null,
        lengths: null,
        failure: null,
        keeping: false,
      },
    });
    await preview();
  } catch (error) {
    if (!current()) return;
    const failure = failureOf(error);
    const readable = failure?.code === 'bad-prompts' && !/\.parquet$/i.test(name);
    usePrompts.setState({ coming: { status: 'none', failure, readable } });
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
  const isCurrent = () => {
    const now = usePrompts.getState().coming;
    return now.status === 'read' && now.preview === of;
  };
  try {
    const lengths = await lab().promptLengths(null, useSession.getState().recipe.model);
    if (isCurrent()) changeRead({ lengths });
  } catch (error) {
    if (!isCurrent()) return;
    usePrompts.setState({ inTokens: false });
    changeRead({ failure: failureOf(error) });
  }
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
  const { table } = coming;
  const isCurrent = () => {
    const now = usePrompts.getState().coming;
    return now.status === 'read' && now.table === table;
  };
  changeRead({ keeping: true, failure: null });
  try {
    const kept = await lab().importMapped(coming.name, coming.plan);
    const looksOn = isCurrent();
    if (looksOn) usePrompts.setState({ coming: NO_IMPORT });
    await showStored(kept, looksOn);
  } catch (error) {
    if (isCurrent()) changeRead({ keeping: false, failure: failureOf(error) });
  }
}

/** @param show unless the reader is at something else by now */
export async function showStored(kept: readonly PromptSetInfo[], show: boolean): Promise<void> {
  const [first] = kept;
  const before = useSession.getState().promptSets;
  for (const { id } of kept) undo(usePrompts, id);
  await refreshPromptSets();
  void refreshStorage();
  if (first === undefined || !show) return;
  usePrompts.setState({ known: before.some(({ id }) => id === first.id) ? first.id : null });
  go({ place: 'prompts', show: first.id });
}
