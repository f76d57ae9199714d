/** Imported adapters, as the Runs place and the recipe show them. */
import { create } from 'zustand';
import { LabError } from '../lib/errors';
import type { Arm, Recipe } from '../recipe/recipe';
import type { ImportedAdapter } from '../records/models';
import { attempt, refreshStorage } from './actions';
import { deleteSoon, type Going, undo } from './delete-soon';
import { lab } from './lab';
import { changeRecipe, useSession } from './session';

export interface Adapters extends Going {
  /** Newest first; null before they were read. */
  readonly list: readonly ImportedAdapter[] | null;
}

export const useAdapters = create<Adapters>()(() => ({ list: null, going: new Map() }));

/** What is larger is no adapter, and reading it would only fill the memory. */
const MAX_BYTES = 1e9;

export async function refreshAdapters(): Promise<void> {
  const list = await attempt(() => lab().adapters());
  if (list !== undefined) useAdapters.setState({ list });
}

/** A zip, or PEFT's two files. */
export async function importAdapterFiles(files: readonly File[]): Promise<void> {
  await attempt(async () => {
    useSession.setState({ failure: null });
    const large = files.find((file) => file.size > MAX_BYTES);
    if (large) throw new LabError('bad-file', `${large.name} is larger than any adapter.`, 'Nothing was imported.');
    const read = files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
    await lab().importAdapter(await Promise.all(read));
  });
  await refreshAdapters();
  void refreshStorage();
}

export function deleteAdapter(id: string): void {
  deleteSoon(useAdapters, id, async () => {
    await attempt(() => lab().deleteAdapter(id));
    if (useSession.getState().recipe.adapter === id) changeRecipe({ adapter: '' });
    await refreshAdapters();
    void refreshStorage();
  });
}

export const undoDeleteAdapter = (id: string) => undo(useAdapters, id);

export const exportImportedAdapter = (id: string) => attempt(() => lab().exportImportedAdapter(id));

/** A run's own, of one iteration, among the imported ones: a run can begin with it. Undefined where it failed. */
export async function keepAdapter(runId: string, arm: Arm, iteration: number): Promise<ImportedAdapter | undefined> {
  useSession.setState({ failure: null });
  const kept = await attempt(() => lab().keepAdapter(runId, arm, iteration));
  await refreshAdapters();
  void refreshStorage();
  return kept;
}

/** The recipe's change that a run needs to begin with the adapter: its own settings, and the arm that uses it. */
export function beginningWith({ id, settings }: ImportedAdapter, { arms }: Recipe): Partial<Recipe> {
  return {
    adapter: id,
    ...(settings && { ...settings, targetModules: [...settings.targetModules] }),
    arms: arms.includes('thinking') ? arms : ['thinking', ...arms],
  };
}
