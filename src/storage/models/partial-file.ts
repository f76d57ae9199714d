/**
 * A file that is being downloaded or copied. It is written in place and hashed on the way. Its progress is saved often
 * enough that a reload loses little, and always after the bytes themselves have been flushed to the disk.
 */
import { createSHA1, createSHA256 } from 'hash-wasm';
import type { Sink } from '../../hub/fetch-file';
import type { Digest } from '../../hub/repository';
import type { Database } from '../database';
import { RECORD_VERSION } from '../migrations';
import type { PartialRecord, TransferFile } from '../schema';
import { noRoomForModel, toStorageError } from '../storage-errors';
import type { ModelStore } from './model-store';

const SAVE_BYTES = 16 * 1024 * 1024;
const SAVE_MS = 2000;
/** Bytes read at a time if a file must be hashed again. */
const READ_BYTES = 4 * 1024 * 1024;

type Hash = Awaited<ReturnType<typeof createSHA256>>;

export class PartialFile implements Sink {
  private position = 0;
  private tag: string | null = null;
  private saved = { bytes: 0, at: 0 };

  private constructor(
    private readonly database: Database,
    private readonly handle: FileSystemSyncAccessHandle,
    private readonly file: TransferFile,
    private readonly hashes: readonly Hash[],
  ) {}

  /** Opens the file at its last saved position. @throws LabError running-elsewhere, no-storage */
  static async open({ database, directory }: ModelStore, file: TransferFile): Promise<PartialFile> {
    const hashes = await hashesOf(file.digest);
    const record = await database.read(['partials'], (transaction) =>
      transaction.objectStore('partials').get(file.partial),
    );
    const handle = await directory.openPartial(file.partial);
    try {
      const partial = new PartialFile(database, handle, file, hashes);
      partial.resume(record);
      return partial;
    } catch (error) {
      handle.close();
      throw error;
    }
  }

  get received(): number {
    return this.position;
  }

  get etag(): string | null {
    return this.tag;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let written: number;
    try {
      written = this.handle.write(bytes, { at: this.position });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'QuotaExceededError') throw noRoomForModel(0, null, error);
      throw toStorageError(error);
    }
    if (written !== bytes.length) throw noRoomForModel(0, null);
    for (const hash of this.hashes) hash.update(bytes);
    this.position += bytes.length;
    if (this.position - this.saved.bytes >= SAVE_BYTES || performance.now() - this.saved.at >= SAVE_MS)
      await this.save();
  }

  async restart(etag: string | null): Promise<void> {
    this.handle.truncate(0);
    this.position = 0;
    this.tag = etag;
    this.initHashes();
    await this.save();
  }

  /** Closes the complete file, and says whether it has the expected digest. */
  finish(): { readonly sha256: string; readonly matches: boolean } {
    try {
      this.handle.flush();
      const [sha256 = '', git] = this.hashes.map((hash) => hash.digest());
      const { digest } = this.file;
      return { sha256, matches: digest === null || digest.hex === (digest.kind === 'git' ? git : sha256) };
    } finally {
      this.handle.close();
    }
  }

  /** Saves the progress and closes the file. */
  async close(): Promise<void> {
    try {
      await this.save();
    } finally {
      this.handle.close();
    }
  }

  private resume(record: PartialRecord | undefined): void {
    const received = record !== undefined && record.received <= this.handle.getSize() ? record.received : 0;
    this.handle.truncate(received);
    this.initHashes();
    this.position = received;
    this.tag = received > 0 ? (record?.etag ?? null) : null;
    this.saved = { bytes: received, at: performance.now() };
    if (received > 0) this.loadHashes(record?.states ?? []);
  }

  private loadHashes(states: readonly Uint8Array[]): void {
    try {
      this.hashes.forEach((hash, i) => {
        hash.load(states[i] ?? new Uint8Array());
      });
    } catch {
      // The saved state is from another version of the hashing library: hash the bytes again.
      this.initHashes();
      const buffer = new Uint8Array(READ_BYTES);
      for (let at = 0; at < this.position; ) {
        const read = this.handle.read(buffer.subarray(0, Math.min(READ_BYTES, this.position - at)), { at });
        for (const hash of this.hashes) hash.update(buffer.subarray(0, read));
        at += read;
      }
    }
  }

  private initHashes(): void {
    const [sha256, git] = this.hashes;
    sha256?.init();
    git?.init().update(`blob ${this.file.bytes}\0`);
  }

  private async save(): Promise<void> {
    this.handle.flush();
    const record: PartialRecord = {
      version: RECORD_VERSION,
      id: this.file.partial,
      received: this.position,
      etag: this.tag,
      states: this.hashes.map((hash) => Uint8Array.from(hash.save())),
    };
    await this.database.write(['partials'], (transaction) => transaction.objectStore('partials').put(record));
    this.saved = { bytes: this.position, at: performance.now() };
  }
}

/** Always includes sha-256, which names the stored file. */
async function hashesOf(digest: Digest | null): Promise<readonly Hash[]> {
  const sha256 = await createSHA256();
  return digest?.kind === 'git' ? [sha256, await createSHA1()] : [sha256];
}
