/** Imported adapters, which the Runs page and the recipe list. */
import { createStore } from 'zustand/vanilla';
import { LabError } from '../../lib/errors';
import type { Arm, Recipe } from '../../recipe/recipe';
import type { ImportedAdapter } from '../../records/models';
import { lab } from '../lab';
import { changeRecipe, sessionStore } from '../session/session';
import { attempt, refreshStorage } from '../session/session-actions';
import { deleteWithUndo, type PendingDeletes, undoDelete } from '../undoable-delete';

export interface Adapters extends PendingDeletes {
  /** Newest first. Null until they have been read. */
  readonly list: readonly ImportedAdapter[] | null;
}

export const adaptersStore = createStore<Adapters>(() => ({ list: null, pendingDeletes: new Map() }));

/** Larger files are refused before they are read into memory. */
const MAX_BYTES = 1e9;

export async function refreshAdapters(): Promise<void> {
  const list = await attempt(() => lab().adapters());
  if (list !== undefined) adaptersStore.setState({ list });
}

/** Imports an adapter from a zip file, or from the two files that PEFT writes. */
export async function importAdapterFiles(files: readonly File[]): Promise<void> {
  await attempt(async () => {
    sessionStore.setState({ failure: null });
    const large = files.find((file) => file.size > MAX_BYTES);
    if (large) throw new LabError('bad-file', `${large.name} is too large to be an adapter.`, 'Nothing was imported.');
    const read = files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
    await lab().importAdapter(await Promise.all(read));
  });
  await refreshAdapters();
  void refreshStorage();
}

export function deleteAdapter(id: string): void {
  deleteWithUndo(adaptersStore, id, async () => {
    await attempt(() => lab().deleteAdapter(id));
    if (sessionStore.getState().recipe.adapter === id) changeRecipe({ adapter: '' });
    await refreshAdapters();
    void refreshStorage();
  });
}

export const undoDeleteAdapter = (id: string) => undoDelete(adaptersStore, id);

export const exportImportedAdapter = (id: string) => attempt(() => lab().exportImportedAdapter(id));

/**
 * Copies the adapter of one iteration of a run to the imported ones, so that a new run can start from it. Undefined
 * on failure.
 */
export async function saveRunAdapter(
  runId: string,
  arm: Arm,
  iteration: number,
): Promise<ImportedAdapter | undefined> {
  sessionStore.setState({ failure: null });
  const adapter = await attempt(() => lab().keepAdapter(runId, arm, iteration));
  await refreshAdapters();
  void refreshStorage();
  return adapter;
}

/** The change of a recipe that makes a run start from an adapter: the adapter's settings, and the arm that uses it. */
export function startingFromAdapter({ id, settings }: ImportedAdapter, { arms }: Recipe): Partial<Recipe> {
  return {
    adapter: id,
    ...(settings && { ...settings, targetModules: [...settings.targetModules] }),
    arms: arms.includes('thinking') ? arms : ['thinking', ...arms],
  };
}
