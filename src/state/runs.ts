/** Stored runs, as the Runs place shows them. */
import { create } from 'zustand';
import type { Rollout, RolloutFilter } from '../records/candidates';
import type { RunDetail, RunSummary } from '../records/runs';
import { attempt, refreshStorage } from './actions';
import { deleteSoon, type Going, undo } from './delete-soon';
import { lab } from './lab';

export interface Runs extends Going {
  /** Newest first; null before they were read. */
  readonly list: readonly RunSummary[] | null;
  readonly details: ReadonlyMap<string, RunDetail>;
}

export const useRuns = create<Runs>()(() => ({ list: null, details: new Map(), going: new Map() }));

export async function refreshRuns(): Promise<void> {
  const list = await attempt(() => lab().runs());
  if (list === undefined) return;
  useRuns.setState({ list: list.toSorted((a, b) => b.created - a.created) });
  // The list shows what each came to; one after the other, so that what the reader asks for comes in between.
  for (const { id } of list) if (!useRuns.getState().details.has(id)) await loadRun(id);
}

/** Always read anew: a run that goes on changes. */
export async function loadRun(id: string): Promise<void> {
  const detail = await attempt(() => lab().run(id));
  if (detail !== undefined) useRuns.setState(({ details }) => ({ details: new Map(details).set(id, detail) }));
}

export async function loadRollouts(id: string, filter: RolloutFilter): Promise<readonly Rollout[]> {
  return (await attempt(() => lab().rollouts(id, filter))) ?? [];
}

export async function renameRun(id: string, name: string): Promise<void> {
  await attempt(() => lab().renameRun(id, name));
  await Promise.all([refreshRuns(), loadRun(id)]);
}

export function deleteRun(id: string): void {
  deleteSoon(useRuns, id, async () => {
    await attempt(() => lab().deleteRun(id));
    await refreshRuns();
    void refreshStorage();
  });
}

export const undoDelete = (id: string) => undo(useRuns, id);
