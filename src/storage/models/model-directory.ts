/** The bytes of models in OPFS: complete files, named by their sha-256, and files that are still being written. */
import { BlobSource, type ByteSource } from '../../formats/byte-source';
import { LabError } from '../../lib/errors';
import type { ModelFile } from '../schema';
import { notAvailable } from '../storage-errors';

/** The worker of a reloaded page may hold its file for a moment. */
const PATIENCE_MS = 2000;
const RETRY_MS = 50;

type Folder = 'files' | 'partial';

export class ModelDirectory {
  constructor(
    /** Name of the directory, and prefix of the lock's name. */
    readonly name: string,
  ) {}

  /**
   * A source that reads slices, so that a file of many gigabytes is never in memory.
   * @throws LabError bad-file, no-storage
   */
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

  /** Reads into given memory. The browser allocates memory for a blob's bytes itself, and frees it late. */
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

  /** Opens a partial file for this worker alone, until the handle is closed. @throws LabError running-elsewhere */
  async openPartial(id: string): Promise<FileSystemSyncAccessHandle> {
    const handle = await (await this.folder('partial')).getFileHandle(id, { create: true });
    for (let waited = 0; ; waited += RETRY_MS) {
      try {
        return await handle.createSyncAccessHandle();
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'NoModificationAllowedError')) throw error;
        if (waited >= PATIENCE_MS)
          throw new LabError(
            'running-elsewhere',
            'Another tab is writing this file.',
            'Continue there, or close that tab.',
          );
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Turns a partial file into the complete file of this hash. */
  async keep(partial: string, file: Pick<ModelFile, 'sha256' | 'bytes'>): Promise<void> {
    if (await this.has(file)) return this.remove('partial', partial);
    const handle = await (await this.folder('partial')).getFileHandle(partial, { create: true });
    // A damaged file of this name would be in the way.
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

  /** Runs `body` alone, across all tabs. Used to change files together with the records that name them. */
  exclusively<T>(body: () => Promise<T>): Promise<T> {
    // TypeScript's type of the result has one promise too many.
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
    'Delete the model and download it again. Runs and adapters are safe.',
    { cause },
  );
}
