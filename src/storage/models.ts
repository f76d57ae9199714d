/** Stored models, and those on their way: records in IndexedDB, bytes in OPFS. A file stays as long as any of them names it. */
import type { ByteSource } from '../formats/byte-source';
import type { ModelDescription } from '../model/language-model';
import type { Database } from './database';
import { RECORD_VERSION } from './migrations';
import { ModelDirectory } from './model-directory';
import type { PartialFile } from './partial-file';
import type { ModelFile, StoredModel, Transfer, TransferFile } from './schema';
import { noRoomForModel } from './storage-errors';

/** Left free: the browser's own bookkeeping, and runs that go on meanwhile. */
const RESERVE_BYTES = 64 * 1024 * 1024;

export class ModelStore {
  private readonly directory: ModelDirectory;

  constructor(private readonly database: Database) {
    this.directory = new ModelDirectory(database.name);
  }

  /** Newest first. */
  async list(): Promise<readonly StoredModel[]> {
    const records = await this.database.read(['models'], (transaction) => transaction.objectStore('models').getAll());
    return records.sort((a, b) => b.created - a.created);
  }

  async get(id: string): Promise<StoredModel | null> {
    return (await this.database.read(['models'], (transaction) => transaction.objectStore('models').get(id))) ?? null;
  }

  /** Remembers what its files say. */
  async describe(id: string, description: ModelDescription): Promise<void> {
    await this.database.write(['models'], async (transaction) => {
      const store = transaction.objectStore('models');
      const record = await store.get(id);
      if (record) await store.put({ ...record, description });
    });
  }

  /** @throws LabError bad-file */
  open(file: ModelFile): Promise<ByteSource> {
    return this.directory.open(file);
  }

  /** Itself, to be handed to another worker. @throws LabError bad-file */
  file(file: ModelFile): Promise<File> {
    return this.directory.file(file);
  }

  async has(file: Pick<ModelFile, 'sha256' | 'bytes'>): Promise<boolean> {
    return this.directory.has(file);
  }

  /** Its record, and the files that no other model and no transfer names. */
  async delete(id: string): Promise<void> {
    await this.directory.exclusively(async () => {
      await this.database.write(['models'], (transaction) => transaction.objectStore('models').delete(id));
      await this.removeUnnamed('files');
    });
  }

  /** @throws LabError storage-full, before anything is fetched; a browser that does not tell is believed */
  async makeSureOfRoom(bytes: number): Promise<void> {
    const { quota, usage } = (await navigator.storage?.estimate()) ?? {};
    if (quota === undefined || usage === undefined) return;
    const free = quota - usage - RESERVE_BYTES;
    if (bytes > free) throw noRoomForModel(bytes, free);
  }

  async transfers(): Promise<readonly Transfer[]> {
    return this.database.read(['transfers'], (transaction) => transaction.objectStore('transfers').getAll());
  }

  async transfer(id: string): Promise<Transfer | null> {
    return (
      (await this.database.read(['transfers'], (transaction) => transaction.objectStore('transfers').get(id))) ?? null
    );
  }

  async putTransfer(transfer: Transfer): Promise<void> {
    await this.database.write(['transfers'], (transaction) =>
      transaction.objectStore('transfers').put({ ...transfer, version: RECORD_VERSION }),
    );
  }

  /** Bytes that have come of each of its files, as far as they are safe. */
  async received({ files }: Transfer): Promise<ReadonlyMap<string, number>> {
    return this.database.read(['partials'], async (transaction) => {
      const store = transaction.objectStore('partials');
      const came = files.map(async ({ name, bytes, sha256, partial }) => {
        return [name, sha256 === null ? ((await store.get(partial))?.received ?? 0) : bytes] as const;
      });
      return new Map(await Promise.all(came));
    });
  }

  /** Where the file stands, to go on from there. @throws LabError running-elsewhere, no-storage */
  async partial(file: TransferFile): Promise<PartialFile> {
    // Hashing is needed only here.
    const { PartialFile: Opened } = await import('./partial-file');
    return Opened.open(this.database, this.directory, file);
  }

  /** A file has come: whole, and as it must be. @returns the transfer as it is now */
  keepFile(id: string, file: TransferFile, sha256: string): Promise<Transfer> {
    return this.directory.exclusively(async () => {
      await this.directory.keep(file.partial, { sha256, bytes: file.bytes });
      return this.nameFile(id, file, sha256);
    });
  }

  /** The file is there already, from another model. @returns null where it is not */
  takeFile(id: string, file: TransferFile, sha256: string): Promise<Transfer | null> {
    return this.directory.exclusively(async () => {
      if (!(await this.directory.has({ sha256, bytes: file.bytes }))) return null;
      return this.nameFile(id, file, sha256);
    });
  }

  /** What came of the file is no good. */
  async dropFile({ partial }: TransferFile): Promise<void> {
    await this.directory.remove('partial', partial);
    await this.database.write(['partials'], (transaction) => transaction.objectStore('partials').delete(partial));
  }

  /** All files have come: the transfer is the model. */
  async finish(id: string, model: StoredModel): Promise<void> {
    await this.database.write(['models', 'transfers'], (transaction) =>
      Promise.all([
        transaction.objectStore('models').put({ ...model, version: RECORD_VERSION }),
        transaction.objectStore('transfers').delete(id),
      ]),
    );
  }

  /** Ends a transfer and deletes what came of it. */
  async dropTransfer(id: string): Promise<void> {
    await this.directory.exclusively(async () => {
      await this.database.write(['transfers'], (transaction) => transaction.objectStore('transfers').delete(id));
      await this.removeUnnamed('partial');
      await this.removeUnnamed('files');
    });
  }

  /**
   * Runs `body` as the only one, in all tabs, who moves this transfer on.
   * @returns null where another does
   */
  alone<T>(id: string, body: () => Promise<T>): Promise<T | null> {
    return navigator.locks.request(this.lockName(id), { ifAvailable: true }, async (lock) => (lock ? body() : null));
  }

  /** Whether anyone, in any tab, moves it on. */
  async isMoving(id: string): Promise<boolean> {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === this.lockName(id));
  }

  /**
   * Removes what a crash left: files that no record names, and copies of local files, which cannot go on without the page that was
   * handed them.
   */
  async sweep(): Promise<void> {
    for (const { id, source } of await this.transfers()) {
      if (source === 'local' && !(await this.isMoving(id))) {
        await this.database.write(['transfers'], (transaction) => transaction.objectStore('transfers').delete(id));
      }
    }
    await this.directory.exclusively(async () => {
      await this.removeUnnamed('partial');
      await this.removeUnnamed('files');
    });
  }

  private async nameFile(id: string, file: TransferFile, sha256: string): Promise<Transfer> {
    return this.database.write(['transfers', 'partials'], async (transaction) => {
      const store = transaction.objectStore('transfers');
      const record = await store.get(id);
      if (!record) throw new Error(`the transfer ${id} was dropped while it moved on`);
      const files = record.files.map((each) => (each.name === file.name ? { ...each, sha256 } : each));
      await transaction.objectStore('partials').delete(file.partial);
      await store.put({ ...record, files });
      return { ...record, files };
    });
  }

  private async removeUnnamed(folder: 'files' | 'partial'): Promise<void> {
    // Listed first: whoever adds one writes the record before.
    const present = await this.directory.names(folder);
    if (present.length === 0) return;
    const [models, transfers] = [await this.list(), await this.transfers()];
    const coming = transfers.flatMap(({ files }) => files);
    const named = new Set(
      folder === 'partial'
        ? coming.flatMap(({ partial, sha256 }) => (sha256 === null ? [partial] : []))
        : [...models.flatMap(({ files }) => files.map(({ sha256 }) => sha256)), ...coming.map(({ sha256 }) => sha256)],
    );
    const unnamed = present.filter((name) => !named.has(name));
    for (const name of unnamed) await this.directory.remove(folder, name);
    if (folder === 'partial') {
      await this.database.write(['partials'], (transaction) =>
        Promise.all(unnamed.map((name) => transaction.objectStore('partials').delete(name))),
      );
    }
  }

  private lockName(id: string): string {
    return `${this.database.name}/transfer/${id}`;
  }
}
