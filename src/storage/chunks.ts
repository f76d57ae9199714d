/** Large arrays as chunks of bounded size. A manifest names the chunks of an array, each with its sha-256. */
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { Database } from './database';
import { RECORD_VERSION } from './migrations';
import type { ChunkInfo, ChunkRecord, LabSchema, Manifest } from './schema';

/** Stored values stay below 64 MiB: some browsers are slow with larger ones, or refuse them. */
const CHUNK_BYTES = 32 * 1024 * 1024;

export const manifestBytes = (manifest: Manifest | undefined): number =>
  manifest?.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0) ?? 0;

/** The bytes of a float array in the machine's order, which is little-endian wherever WebGPU runs. */
export const floatBytes = (array: Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * Copies the parts into chunks of at most `size` bytes. They are copied because storing a view stores its whole
 * buffer.
 */
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

/**
 * The inverse of `split`: each part in its own buffer.
 * @param parts bytes of each part
 * @param chunks in the manifest's order
 */
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
 * Stores the parts as new chunks of `owner`, then calls `commit` to write the manifest. If that fails, the chunks are
 * deleted again. Between the two the chunks are orphans; a shared lock keeps `sweepOrphans` from deleting them.
 * @throws LabError storage-full, and the errors of `commit`
 */
export async function storeChunks(
  database: Database,
  owner: string,
  parts: readonly Uint8Array[],
  commit: (manifest: Manifest) => Promise<void>,
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
      await commit({ parts: parts.map((part) => part.byteLength), chunks: written });
    } catch (error) {
      // Chunks that cannot be deleted now are swept when the page opens again.
      await database
        .write(['chunks'], (transaction) => deleteChunks(transaction.objectStore('chunks'), owner, written))
        .catch(() => undefined);
      throw error;
    }
  });
}

/** One transaction per chunk, so that the browser never holds more than one chunk uncommitted. @returns its sha-256 */
async function writeChunk(database: Database, chunk: ChunkRecord): Promise<string> {
  const [hash] = await Promise.all([
    sha256(chunk.bytes),
    database.write(['chunks'], (transaction) => transaction.objectStore('chunks').put(chunk)),
  ]);
  return hash;
}

/**
 * Deletes the chunks that no manifest names, which a crash between writing them and their manifest left behind. Does
 * nothing while any tab is between the two.
 * @returns the number of deleted chunks
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

/** Reads a manifest's chunks without checking them: hashing would keep the transaction waiting. */
export const getChunks = (
  store: { get(key: LabSchema['chunks']['key']): Promise<ChunkRecord | undefined> },
  owner: string,
  manifest: Manifest,
): Promise<(ChunkRecord | undefined)[]> => Promise.all(manifest.chunks.map((chunk) => store.get([owner, chunk.id])));

/**
 * Checks the chunks and joins them to the manifest's parts.
 * @param what names the value in the error
 * @throws LabError bad-file if a chunk is missing or has changed
 */
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
        throw damagedChunks(what, 'its sha-256 differs from the saved one');
      return bytes;
    }),
  );
  return join(manifest.parts, chunks);
}

function damagedChunks(what: string, reason: string): LabError {
  return new LabError(
    'bad-file',
    `${what} is damaged: ${reason}.`,
    'Its prompts, pairs and metrics are safe. Delete it, or start it again with the same recipe.',
  );
}
