/**
 * API keys and headers of judge servers that the user chose to have remembered, by origin. No other part of the
 * storage holds a key.
 */
import * as v from 'valibot';
import type { RemoteAccess } from '../../records/judges';
import { KeyValueStore } from './key-value-store';

const AccessSchema = v.object({ key: v.string(), headers: v.record(v.string(), v.string()) });

export interface RemoteAccessStorage {
  /** Null if nothing is remembered. @throws LabError no-storage */
  load(origin: string): Promise<RemoteAccess | null>;
  /** @throws LabError no-storage, storage-full */
  save(origin: string, access: RemoteAccess): Promise<void>;
  /** @throws LabError no-storage */
  forget(origin: string): Promise<void>;
}

export function createRemoteAccessStorage(name = 'thinking-lab-remote'): RemoteAccessStorage {
  const store = new KeyValueStore(name, 'access');
  return {
    async load(origin) {
      const stored = v.safeParse(AccessSchema, await store.get(origin));
      return stored.success ? stored.output : null;
    },
    save: (origin, access) => store.set(origin, access),
    forget: (origin) => store.delete(origin),
  };
}
