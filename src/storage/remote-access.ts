/** Keys and headers of judges' servers that the reader lets the page remember, by origin. Nothing else of the page's storage holds one. */
import { createStore, del, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import type { RemoteAccess } from '../records/judges';
import { toOpenError } from './storage-errors';

const AccessSchema = v.object({ key: v.string(), headers: v.record(v.string(), v.string()) });

export interface RemoteAccessStorage {
  /** null where nothing is remembered. @throws LabError no-storage */
  load(origin: string): Promise<RemoteAccess | null>;
  /** @throws LabError no-storage, storage-full */
  save(origin: string, access: RemoteAccess): Promise<void>;
  /** @throws LabError no-storage */
  forget(origin: string): Promise<void>;
}

export function createRemoteAccessStorage(name = 'thinking-lab-remote'): RemoteAccessStorage {
  let opened: UseStore | undefined;
  const store = () => {
    opened ??= createStore(name, 'access');
    return opened;
  };
  return {
    async load(origin) {
      const stored = v.safeParse(AccessSchema, await known(async () => get(origin, store())));
      return stored.success ? stored.output : null;
    },
    save: (origin, access) => known(async () => set(origin, access, store())),
    forget: (origin) => known(async () => del(origin, store())),
  };
}

async function known<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toOpenError(error);
  }
}
