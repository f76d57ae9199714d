/** Deletes after a while, in which the reader may think again. A page that is closed meanwhile deletes nothing. */

export interface Going {
  /** Asked to be deleted, and still there until `UNDO_MS` have passed. */
  readonly going: ReadonlyMap<string, ReturnType<typeof setTimeout>>;
}

interface Store {
  getState(): Going;
  setState(change: Going): void;
}

export const UNDO_MS = 8000;

export function deleteSoon(store: Store, id: string, remove: () => Promise<void>): void {
  const timer = setTimeout(async () => {
    await remove();
    keep(store, id);
  }, UNDO_MS);
  store.setState({ going: new Map(store.getState().going).set(id, timer) });
}

export function undo(store: Store, id: string): void {
  clearTimeout(store.getState().going.get(id));
  keep(store, id);
}

function keep(store: Store, id: string): void {
  const rest = new Map(store.getState().going);
  rest.delete(id);
  store.setState({ going: rest });
}
