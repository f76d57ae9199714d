/** Stored runs, as the Runs place shows them. */
import { create } from 'zustand';
import type { Rollout } from '../tpo/types';
import type { RolloutFilter, RunDetail, RunSummary } from '../worker/protocol';
import { attempt, refreshStorage } from './actions';
import { lab } from './lab';

export interface Runs {
  /** Newest first; null before they were read. */
  readonly list: readonly RunSummary[] | null;
  readonly details: ReadonlyMap<string, RunDetail>;
  /** Asked to be deleted, and still there until `UNDO_MS` have passed. */
  readonly going: ReadonlyMap<string, ReturnType<typeof setTimeout>>;
}

export const UNDO_MS = 8000;

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

/** Deletes after a while, in which the reader may think again. A page that is closed meanwhile deletes nothing. */
export function deleteRun(id: string): void {
  const timer = setTimeout(async () => {
    await attempt(() => lab().deleteRun(id));
    keep(id);
    await refreshRuns();
    void refreshStorage();
  }, UNDO_MS);
  useRuns.setState(({ going }) => ({ going: new Map(going).set(id, timer) }));
}

export function undoDelete(id: string): void {
  clearTimeout(useRuns.getState().going.get(id));
  keep(id);
}

function keep(id: string): void {
  useRuns.setState(({ going }) => {
    const rest = new Map(going);
    rest.delete(id);
    return { going: rest };
  });
}
