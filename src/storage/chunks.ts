/** Arrays as chunks of bounded size, each with its sha-256: what a manifest names. */
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { Database } from './database';
import { RECORD_VERSION } from './migrations';
import type { ChunkInfo, ChunkRecord, LabSchema, Manifest } from './schema';

/** Values stay below 64 MiB: larger ones are slow or refused in some browsers. */
export const CHUNK_BYTES = 32 * 1024 * 1024;

export const manifestBytes = (manifest: Manifest | undefined): number =>
  manifest?.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0) ?? 0;

/** The bytes of an array of floats, in the machine's order: little-endian on everything that has WebGPU. */
export const floatBytes = (array: Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Copies the parts into chunks of at most `size` bytes; a copy, because a stored view would take its whole buffer along. */
export function split(parts: readonly Uint8Array[], size = CHUNK_BYTES): Uint8Array<ArrayBuffer>[] {
  let left = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let chunk = new Uint8Array(0);
  let used = 0;
  for (const part of parts) {
    for (let from = 0; from < part.byteLength; ) {
      if (used === chunk.byteLength) {
        chunk = new Uint8Array(Math.min(size, left));
        chunks.push(chunk);
        used = 0;
      }
      const piece = part.subarray(from, from + chunk.byteLength - used);
      chunk.set(piece, used);
      used += piece.byteLength;
      from += piece.byteLength;
      left -= piece.byteLength;
    }
  }
  return chunks;
}

/** The parts again, each in a buffer of its own. The chunks are the manifest's, in its order and of its sizes. */
export function join(parts: readonly number[], chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  let index = 0;
  let from = 0;
  return parts.map((bytes) => {
    const part = new Uint8Array(bytes);
    for (let filled = 0; filled < bytes; ) {
      const chunk = chunks[index];
      if (!chunk) throw new RangeError('the chunks are shorter than the parts');
      const piece = chunk.subarray(from, from + bytes - filled);
      part.set(piece, filled);
      filled += piece.byteLength;
      from += piece.byteLength;
      if (from === chunk.byteLength) {
        index++;
        from = 0;
      }
    }
    return part;
  });
}

/**
 * Stores the parts as new chunks of `owner`, then has `name` write what names them. When that fails, they go again, and so
 * the room they took. Between the two they are orphans: the lock, which any number may share, keeps `sweepOrphans` away.
 * @throws LabError storage-full, and what `name` throws
 */
export async function storeChunks(
  database: Database,
  owner: string,
  parts: readonly Uint8Array[],
  name: (manifest: Manifest) => Promise<void>,
): Promise<void> {
  await navigator.locks.request(lockName(database), { mode: 'shared' }, async () => {
    const written: ChunkInfo[] = [];
    try {
      for (const bytes of split(parts)) {
        const id = crypto.randomUUID();
        written.push({
          id,
          bytes: bytes.byteLength,
          sha256: await writeChunk(database, { version: RECORD_VERSION, owner, id, bytes }),
        });
      }
      await name({ parts: parts.map((part) => part.byteLength), chunks: written });
    } catch (error) {
      // What cannot be removed now is swept when the page opens again.
      await database
        .write(['chunks'], (transaction) => deleteChunks(transaction.objectStore('chunks'), owner, written))
        .catch(() => undefined);
      throw error;
    }
  });
}

/** One transaction a chunk: the browser never holds more than one of them uncommitted. @returns its sha-256 */
async function writeChunk(database: Database, chunk: ChunkRecord): Promise<string> {
  const [hash] = await Promise.all([
    sha256(chunk.bytes),
    database.write(['chunks'], (transaction) => transaction.objectStore('chunks').put(chunk)),
  ]);
  return hash;
}

/**
 * Removes chunks that no manifest names: what a crash between the chunks and their manifest left. Does nothing while anyone,
 * in any tab, is between the two.
 * @returns how many
 */
export function sweepOrphans(database: Database): Promise<number> {
  return navigator.locks.request(lockName(database), { ifAvailable: true }, async (lock) => {
    if (!lock) return 0;
    return database.write(['heads', 'iterationAdapters', 'adapters', 'chunks'], async (transaction) => {
      const chunks = transaction.objectStore('chunks');
      const [keys, heads, iterationAdapters, adapters] = await Promise.all([
        chunks.getAllKeys(),
        transaction.objectStore('heads').getAll(),
        transaction.objectStore('iterationAdapters').getAll(),
        transaction.objectStore('adapters').getAll(),
      ]);
      const manifests = [
        ...[...heads, ...iterationAdapters].map((row) => row.value.manifest),
        ...adapters.map((record) => record.manifest),
      ];
      const named = new Set(manifests.flatMap((manifest) => manifest.chunks.map((chunk) => chunk.id)));
      const orphans = keys.filter(([, id]) => !named.has(id));
      await Promise.all(orphans.map((key) => chunks.delete(key)));
      return orphans.length;
    });
  });
}

const lockName = (database: Database): string => `${database.name}/chunks`;

export async function deleteChunks(
  store: { delete(key: LabSchema['chunks']['key']): Promise<void> },
  owner: string,
  chunks: readonly ChunkInfo[],
): Promise<void> {
  await Promise.all(chunks.map((chunk) => store.delete([owner, chunk.id])));
}

/** The records of a manifest's chunks, read but not yet checked: checking must not keep the transaction waiting. */
export const getChunks = (
  store: { get(key: LabSchema['chunks']['key']): Promise<ChunkRecord | undefined> },
  owner: string,
  manifest: Manifest,
): Promise<(ChunkRecord | undefined)[]> => Promise.all(manifest.chunks.map((chunk) => store.get([owner, chunk.id])));

/** The manifest's parts. @throws LabError bad-file when a chunk is missing or is not what was written */
export async function openChunks(
  manifest: Manifest,
  records: readonly (ChunkRecord | undefined)[],
  what: string,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks = await Promise.all(
    manifest.chunks.map(async (info, index) => {
      const bytes = records[index]?.bytes;
      if (bytes === undefined) throw damagedChunks(what, 'a part of it is missing');
      if (bytes.byteLength !== info.bytes || (await sha256(bytes)) !== info.sha256)
        throw damagedChunks(what, 'its sha-256 is not the one that was saved');
      return bytes;
    }),
  );
  return join(manifest.parts, chunks);
}

function damagedChunks(what: string, reason: string): LabError {
  return new LabError(
    'bad-file',
    `${what} is damaged: ${reason}.`,
    'Its prompts, pairs and numbers are safe; delete it, or start it again with the same recipe.',
  );
}
