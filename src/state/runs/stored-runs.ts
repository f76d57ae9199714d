/** Stored runs, which the Runs page lists. */
import { createStore } from 'zustand/vanilla';
import type { Rollout, RolloutFilter } from '../../records/candidates';
import type { RunDetail, RunSummary } from '../../records/runs';
import { lab } from '../lab';
import { attempt, refreshStorage } from '../session/session-actions';
import { deleteWithUndo, type PendingDeletes, undoDelete } from '../undoable-delete';

export interface StoredRuns extends PendingDeletes {
  /** Newest first. Null until they have been read. */
  readonly list: readonly RunSummary[] | null;
  readonly details: ReadonlyMap<string, RunDetail>;
}

export const storedRunsStore = createStore<StoredRuns>(() => ({
  list: null,
  details: new Map(),
  pendingDeletes: new Map(),
}));

export async function refreshRuns(): Promise<void> {
  const list = await attempt(() => lab().runs());
  if (list === undefined) return;
  storedRunsStore.setState({ list: list.toSorted((a, b) => b.created - a.created) });
  // The list shows each run's results. Loading them one by one lets the user's own requests come in between.
  for (const { id } of list) if (!storedRunsStore.getState().details.has(id)) await loadRun(id);
}

/** Reads a run. It is never cached, because an active run changes. */
export async function loadRun(id: string): Promise<void> {
  const detail = await attempt(() => lab().run(id));
  if (detail !== undefined) storedRunsStore.setState(({ details }) => ({ details: new Map(details).set(id, detail) }));
}

export async function loadRollouts(id: string, filter: RolloutFilter): Promise<readonly Rollout[]> {
  return (await attempt(() => lab().rollouts(id, filter))) ?? [];
}

export async function renameRun(id: string, name: string): Promise<void> {
  await attempt(() => lab().renameRun(id, name));
  await Promise.all([refreshRuns(), loadRun(id)]);
}

export function deleteRun(id: string): void {
  deleteWithUndo(storedRunsStore, id, async () => {
    await attempt(() => lab().deleteRun(id));
    await refreshRuns();
    void refreshStorage();
  });
}

export const undoDeleteRun = (id: string) => undoDelete(storedRunsStore, id);
