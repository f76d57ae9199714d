/** Prompt sets and imports for the Prompts page. Failures are kept next to the action that caused them. */

import { type Failure, LabError, toFailure } from '../../lib/errors';
import type {
  DatasetOffer,
  PromptFormat,
  PromptPlan,
  PromptSource,
  PromptTableInfo,
} from '../../records/prompt-import';
import type { PromptSetInfo } from '../../records/prompt-sets';
import { lab } from '../lab';
import { modelsStore } from '../models/models';
import { go } from '../session/route';
import { changeRecipe, sessionStore } from '../session/session';
import { attempt, refreshPromptSets, refreshStorage } from '../session/session-actions';
import { deleteWithUndo, undoDelete } from '../undoable-delete';
import { type Import, lengthsKey, NO_IMPORT, promptsStore } from './prompts';

/** Null for a cancelled action: the user cancelled it and needs no message. */
export function failureOf(error: unknown): Failure | null {
  return error instanceof LabError && error.code === 'cancelled' ? null : toFailure(error);
}

/** Reads the rows of a set once. They never change. */
export async function openSet(id: string): Promise<void> {
  promptsStore.setState({ failure: null });
  if (promptsStore.getState().rows.has(id)) return;
  try {
    const rows = await lab().promptRows(id);
    promptsStore.setState((now) => ({ rows: new Map(now.rows).set(id, rows) }));
  } catch (error) {
    promptsStore.setState({ failure: toFailure(error) });
  }
}

/** @param model whose tokens are counted; null counts characters */
export async function measureSet(id: string, model: string | null): Promise<void> {
  const key = lengthsKey(id, model);
  if (promptsStore.getState().lengths.has(key)) return;
  try {
    const lengths = await lab().promptLengths(id, model);
    promptsStore.setState((now) => ({ lengths: new Map(now.lengths).set(key, lengths) }));
  } catch (error) {
    promptsStore.setState({ failure: toFailure(error), inTokens: false });
  }
}

export async function renamePromptSet(id: string, name: string): Promise<void> {
  await attempt(() => lab().renamePromptSet(id, name));
  await refreshPromptSets();
}

/**
 * Checks that the set may be deleted before the delay for undo starts. A refusal after the delay would come when the
 * user has moved on. Returns whether the set will be deleted.
 */
export async function deletePromptSet(id: string): Promise<boolean> {
  promptsStore.setState({ failure: null });
  try {
    await lab().mayDeletePromptSet(id);
  } catch (error) {
    promptsStore.setState({ failure: toFailure(error) });
    return false;
  }
  deleteWithUndo(promptsStore, id, async () => {
    await attempt(() => lab().deletePromptSet(id));
    await refreshPromptSets();
    void refreshStorage();
  });
  return true;
}

export const undoDeletePromptSet = (id: string) => undoDelete(promptsStore, id);

export const exportPromptSet = (id: string) => attempt(() => lab().exportPromptSet(id));

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
  promptsStore.setState({ reference: asked, lookUp: asking });
  const { token } = modelsStore.getState();
  try {
    const offer = await lab().lookUpDataset(asked, token || null);
    if (promptsStore.getState().lookUp === asking) promptsStore.setState({ lookUp: { status: 'offer', offer } });
  } catch (error) {
    if (promptsStore.getState().lookUp === asking)
      promptsStore.setState({ lookUp: { status: 'failed', failure: toFailure(error) } });
  }
}

export function fetchDataset(offer: DatasetOffer, file: string): Promise<void> {
  const { token } = modelsStore.getState();
  const size = offer.files.find(({ name }) => name === file)?.bytes ?? 0;
  return take(file, size, () => lab().fetchDataset(offer, file, token || null));
}

export function readPrompts(source: PromptSource): Promise<void> {
  const [name, size] =
    source.kind === 'file' ? [source.file.name, source.file.size] : ['the pasted text', new Blob([source.text]).size];
  return take(name, size, () => lab().readPrompts(source));
}

/** Reads a dropped file. A prompt set is made from exactly one file. */
export async function readDropped(files: readonly File[]): Promise<void> {
  const [file] = files;
  if (file === undefined) return;
  if (files.length === 1) return readPrompts({ kind: 'file', file });
  const failure: Failure = {
    code: 'bad-prompts',
    message: `You dropped ${files.length} files. A prompt set is made from one file.`,
    advice: 'Nothing was imported. Drop the files one at a time, or combine them into one.',
  };
  const { coming } = promptsStore.getState();
  if (coming.status === 'read') return changeRead({ failure });
  await closeImport();
  promptsStore.setState({ coming: { ...NO_IMPORT, failure } });
}

/** Reads the same file, pasted text or dataset again, as another format. */
export async function readAgainAs(format: PromptFormat): Promise<void> {
  await take(last.name, last.size, () => lab().readPromptsAs(format));
}

let last = { name: '', size: 0 };
let takes = 0;

async function take(name: string, size: number, reading: () => Promise<PromptTableInfo>): Promise<void> {
  const own = ++takes;
  last = { name, size };
  promptsStore.setState({ coming: { status: 'reading', name, bytes: size, progress: null }, known: null });
  const current = () => own === takes && promptsStore.getState().coming.status === 'reading';
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
    promptsStore.setState({
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
    promptsStore.setState({ coming: { status: 'none', failure, readable } });
  }
}

type Read = Extract<Import, { status: 'read' }>;

function changeRead(change: Partial<Read>): void {
  const { coming } = promptsStore.getState();
  if (coming.status === 'read') promptsStore.setState({ coming: { ...coming, ...change } });
}

export const nameImport = (name: string): void => changeRead({ name });

export async function changePlan(change: Partial<PromptPlan>): Promise<void> {
  const { coming } = promptsStore.getState();
  if (coming.status !== 'read') return;
  changeRead({ plan: { ...coming.plan, ...change }, preview: null });
  await preview();
}

/** Previews the current plan. The result is dropped when the plan has changed meanwhile. */
async function preview(): Promise<void> {
  const { coming } = promptsStore.getState();
  if (coming.status !== 'read') return;
  const { plan } = coming;
  const isCurrent = () => {
    const now = promptsStore.getState().coming;
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

/** Counts the tokens of the prompts if lengths are shown in tokens. The preview already has their characters. */
export async function measureImport(): Promise<void> {
  const { coming, inTokens } = promptsStore.getState();
  if (coming.status !== 'read' || coming.preview === null) return;
  changeRead({ lengths: null });
  if (!inTokens) return;
  const { preview: of } = coming;
  const isCurrent = () => {
    const now = promptsStore.getState().coming;
    return now.status === 'read' && now.preview === of;
  };
  try {
    const lengths = await lab().promptLengths(null, sessionStore.getState().recipe.model);
    if (isCurrent()) changeRead({ lengths });
  } catch (error) {
    if (!isCurrent()) return;
    promptsStore.setState({ inTokens: false });
    changeRead({ failure: failureOf(error) });
  }
}

/** Closes the file, and cancels its download. */
export async function closeImport(): Promise<void> {
  promptsStore.setState({ coming: NO_IMPORT });
  await attempt(() => lab().closePrompts());
}

/** Stores the imported prompts as a set and opens it. */
export async function keepImport(): Promise<void> {
  const { coming } = promptsStore.getState();
  if (coming.status !== 'read' || coming.keeping) return;
  const { table } = coming;
  const isCurrent = () => {
    const now = promptsStore.getState().coming;
    return now.status === 'read' && now.table === table;
  };
  changeRead({ keeping: true, failure: null });
  try {
    const kept = await lab().importMapped(coming.name, coming.plan);
    const stillShown = isCurrent();
    if (stillShown) promptsStore.setState({ coming: NO_IMPORT });
    await showStored(kept, stillShown);
  } catch (error) {
    if (isCurrent()) changeRead({ keeping: false, failure: failureOf(error) });
  }
}

/** @param show false when the user has moved on to something else */
export async function showStored(kept: readonly PromptSetInfo[], show: boolean): Promise<void> {
  const [first] = kept;
  const before = sessionStore.getState().promptSets;
  for (const { id } of kept) undoDelete(promptsStore, id);
  await refreshPromptSets();
  void refreshStorage();
  if (first === undefined || !show) return;
  promptsStore.setState({ known: before.some(({ id }) => id === first.id) ? first.id : null });
  go({ place: 'prompts', show: first.id });
}
