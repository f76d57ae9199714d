/** A small separate IndexedDB database that holds only keys and values. */
import { createStore, del, get, set, type UseStore } from 'idb-keyval';
import { toOpenError } from '../storage-errors';

export class KeyValueStore {
  private opened: UseStore | null = null;

  constructor(
    private readonly database: string,
    private readonly store: string,
  ) {}

  /** The value as it was stored, or undefined. The caller validates it. @throws LabError no-storage */
  get(key: string): Promise<unknown> {
    return this.run((store) => get(key, store));
  }

  /** @throws LabError no-storage, storage-full */
  set(key: string, value: unknown): Promise<void> {
    return this.run((store) => set(key, value, store));
  }

  /** @throws LabError no-storage */
  delete(key: string): Promise<void> {
    return this.run((store) => del(key, store));
  }

  /** Opens the database on first use, so that a browser without storage fails here and not while the page starts. */
  private async run<T>(operation: (store: UseStore) => Promise<T>): Promise<T> {
    try {
      this.opened ??= createStore(this.database, this.store);
      return await operation(this.opened);
    } catch (error) {
      throw toOpenError(error);
    }
  }
}
