/** Deletes after a delay in which the user can undo. If the page is closed during the delay, nothing is deleted. */

export interface PendingDeletes {
  /** Timers by the id of what will be deleted when `UNDO_MS` have passed. */
  readonly pendingDeletes: ReadonlyMap<string, ReturnType<typeof setTimeout>>;
}

interface Store {
  getState(): PendingDeletes;
  setState(change: PendingDeletes): void;
}

export const UNDO_MS = 8000;

export function deleteWithUndo(store: Store, id: string, remove: () => Promise<void>): void {
  const timer = setTimeout(async () => {
    await remove();
    removeTimer(store, id);
  }, UNDO_MS);
  store.setState({ pendingDeletes: new Map(store.getState().pendingDeletes).set(id, timer) });
}

export function undoDelete(store: Store, id: string): void {
  clearTimeout(store.getState().pendingDeletes.get(id));
  removeTimer(store, id);
}

function removeTimer(store: Store, id: string): void {
  const rest = new Map(store.getState().pendingDeletes);
  rest.delete(id);
  store.setState({ pendingDeletes: rest });
}
