/** Imported adapters: PEFT's two files, unchanged, in chunks with their sha-256. */
import type { AdapterFiles } from '../formats/adapter-zip';
import { LabError } from '../lib/errors';
import { sum } from '../lib/statistics';
import { getChunks, openChunks, storeChunks } from './chunks';
import { type Database, ownedBy } from './database';
import { RECORD_VERSION } from './migrations';

export interface StoredAdapter {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly bytes: number;
}

export interface AdapterStore {
  /** Stores files that the caller has checked. @throws LabError storage-full */
  put(name: string, files: AdapterFiles): Promise<StoredAdapter>;
  list(): Promise<readonly StoredAdapter[]>;
  /** @throws LabError bad-file, not-found */
  get(id: string): Promise<AdapterFiles>;
  delete(id: string): Promise<void>;
}

export function createAdapterStore(database: Database): AdapterStore {
  return {
    async put(name, { config, weights }) {
      const id = crypto.randomUUID();
      const created = Date.now();
      const parts = [new TextEncoder().encode(config), weights];
      await storeChunks(database, id, parts, (manifest) =>
        database.write(['adapters'], async (transaction) => {
          await transaction.objectStore('adapters').add({ version: RECORD_VERSION, id, name, created, manifest });
        }),
      );
      return { id, name, created, bytes: sum(parts.map((part) => part.byteLength)) };
    },

    async list() {
      const records = await database.read(['adapters'], (transaction) => transaction.objectStore('adapters').getAll());
      return records
        .map(({ id, name, created, manifest }) => ({ id, name, created, bytes: sum(manifest.parts) }))
        .sort((a, b) => b.created - a.created);
    },

    async get(id) {
      const found = await database.read(['adapters', 'chunks'], async (transaction) => {
        const record = await transaction.objectStore('adapters').get(id);
        return record && { record, chunks: await getChunks(transaction.objectStore('chunks'), id, record.manifest) };
      });
      if (!found) throw new LabError('not-found', 'This adapter is not stored here.', 'Import it again.');
      const [config, weights] = await openChunks(
        found.record.manifest,
        found.chunks,
        `The adapter ${found.record.name}`,
      );
      return { config: new TextDecoder().decode(config), weights: weights ?? new Uint8Array(0) };
    },

    async delete(id) {
      await database.write(['adapters', 'chunks'], (transaction) =>
        Promise.all([
          transaction.objectStore('adapters').delete(id),
          transaction.objectStore('chunks').delete(ownedBy(id)),
        ]),
      );
    },
  };
}
