/** The bytes of models, in the browser's own file system: whole files by the name of their hash, and files that are still coming. */
import { BlobSource, type ByteSource } from '../../formats/byte-source';
import { LabError } from '../../lib/errors';
import type { ModelFile } from '../schema';
import { notAvailable } from '../storage-errors';

/** A worker that a reload has ended may hold its file for a moment. */
const PATIENCE_MS = 2000;
const AGAIN_MS = 50;

type Folder = 'files' | 'partial';

export class ModelDirectory {
  constructor(
    /** Of the directory, and of the lock. */
    readonly name: string,
  ) {}

  /** Reads slices: a file of many gigabytes stays on the disk. @throws LabError bad-file, no-storage */
  async open(file: ModelFile): Promise<ByteSource> {
    const blob = await this.file(file);
    const source = new BlobSource(file.name, blob);
    return {
      name: source.name,
      size: source.size,
      read: async (offset, length, allocate) => {
        try {
          if (allocate === undefined) return await source.read(offset, length);
          return await this.readInto(file, offset, allocate(length));
        } catch (cause) {
          throw cause instanceof LabError ? cause : damaged(file.name, cause);
        }
      },
    };
  }

  /** @throws LabError bad-file, no-storage */
  async file({ name, bytes, sha256 }: ModelFile): Promise<File> {
    const file = await this.whole(sha256);
    if (file === null || file.size !== bytes) throw damaged(name);
    return file;
  }

  /** A blob's bytes come in memory of the browser's own, which it frees late. */
  private async readInto(
    { name, sha256 }: ModelFile,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const handle = await (await this.folder('files')).getFileHandle(sha256);
    const opened = await handle.createSyncAccessHandle({ mode: 'read-only' });
    try {
      if (opened.read(bytes, { at: offset }) !== bytes.length) throw damaged(name);
      return bytes;
    } finally {
      opened.close();
    }
  }

  async has({ sha256, bytes }: Pick<ModelFile, 'sha256' | 'bytes'>): Promise<boolean> {
    return (await this.whole(sha256))?.size === bytes;
  }

  /** For this worker alone, until it is closed. @throws LabError running-elsewhere */
  async openPartial(id: string): Promise<FileSystemSyncAccessHandle> {
    const handle = await (await this.folder('partial')).getFileHandle(id, { create: true });
    for (let waited = 0; ; waited += AGAIN_MS) {
      try {
        return await handle.createSyncAccessHandle();
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'NoModificationAllowedError')) throw error;
        if (waited >= PATIENCE_MS)
          throw new LabError('running-elsewhere', 'Another tab writes this file.', 'Go on there, or close it.');
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** What came is the file of this hash, from now on. */
  async keep(partial: string, file: Pick<ModelFile, 'sha256' | 'bytes'>): Promise<void> {
    if (await this.has(file)) return this.remove('partial', partial);
    const handle = await (await this.folder('partial')).getFileHandle(partial, { create: true });
    // A damaged one of this name would be in the way.
    await this.remove('files', file.sha256);
    await handle.move(await this.folder('files'), file.sha256);
  }

  async remove(folder: Folder, name: string): Promise<void> {
    await (await this.folder(folder)).removeEntry(name).catch(ifMissing(undefined));
  }

  async names(folder: Folder): Promise<string[]> {
    const names: string[] = [];
    for await (const name of (await this.folder(folder)).keys()) names.push(name);
    return names;
  }

  /** One at a time, in all tabs: between a file's coming or going and the record that says so. */
  exclusively<T>(body: () => Promise<T>): Promise<T> {
    // The type of a lock's result is wrapped in one promise too many.
    return navigator.locks.request(`${this.name}/model-files`, body) as Promise<T>;
  }

  private async whole(sha256: string): Promise<File | null> {
    const handle = await (await this.folder('files')).getFileHandle(sha256).catch(ifMissing(null));
    return handle === null ? null : handle.getFile().catch(ifMissing(null));
  }

  private async folder(name: Folder): Promise<FileSystemDirectoryHandle> {
    if (typeof navigator.storage?.getDirectory !== 'function') throw notAvailable();
    const root = await navigator.storage.getDirectory().catch((error: unknown) => {
      throw notAvailable(error);
    });
    const own = await root.getDirectoryHandle(this.name, { create: true });
    return own.getDirectoryHandle(name, { create: true });
  }
}

function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof DOMException && error.name === 'NotFoundError') return value;
    throw error;
  };
}

function damaged(name: string, cause?: unknown): LabError {
  return new LabError(
    'bad-file',
    `${name} can no longer be read from the browser’s storage.`,
    'Delete the model and fetch it again. Runs and adapters are safe.',
    { cause },
  );
}
