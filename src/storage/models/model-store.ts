/**
 * Stored models, and models that are being downloaded or copied. Their records are in IndexedDB, their bytes in OPFS.
 * A file is kept as long as a record names it.
 */
import type { ByteSource } from '../../formats/byte-source';
import type { ModelDescription } from '../../model/language-model';
import type { Database } from '../database';
import { RECORD_VERSION } from '../migrations';
import type { ModelFile, StoredModel, Transfer, TransferFile } from '../schema';
import { noRoomForModel } from '../storage-errors';
import { ModelDirectory } from './model-directory';

/** Bytes that are left free, for the browser's own data and for runs that go on in the meantime. */
const RESERVE_BYTES = 64 * 1024 * 1024;

export class ModelStore {
  readonly directory: ModelDirectory;

  constructor(readonly database: Database) {
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

  /** Stores the description that was read from the model's files. */
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

  /** The file itself, which can be posted to another worker. @throws LabError bad-file */
  file(file: ModelFile): Promise<File> {
    return this.directory.file(file);
  }

  async has(file: Pick<ModelFile, 'sha256' | 'bytes'>): Promise<boolean> {
    return this.directory.has(file);
  }

  /** Deletes the record, and the files that no other model and no transfer names. */
  async delete(id: string): Promise<void> {
    await this.directory.exclusively(async () => {
      await this.database.write(['models'], (transaction) => transaction.objectStore('models').delete(id));
      await this.removeUnnamed('files');
    });
  }

  /**
   * Checks for free space before a download. Passes if the browser gives no estimate.
   * @throws LabError storage-full
   */
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

  /** Bytes of each file that are safely stored, by name. */
  async received({ files }: Transfer): Promise<ReadonlyMap<string, number>> {
    return this.database.read(['partials'], async (transaction) => {
      const store = transaction.objectStore('partials');
      const received = files.map(async ({ name, bytes, sha256, partial }) => {
        return [name, sha256 === null ? ((await store.get(partial))?.received ?? 0) : bytes] as const;
      });
      return new Map(await Promise.all(received));
    });
  }

  /** Stores a file that is complete and checked. @returns the updated transfer */
  keepFile(id: string, file: TransferFile, sha256: string): Promise<Transfer> {
    return this.directory.exclusively(async () => {
      await this.directory.keep(file.partial, { sha256, bytes: file.bytes });
      return this.nameFile(id, file, sha256);
    });
  }

  /** Uses the file of another model if there is one with this hash. @returns the updated transfer, or null */
  takeFile(id: string, file: TransferFile, sha256: string): Promise<Transfer | null> {
    return this.directory.exclusively(async () => {
      if (!(await this.directory.has({ sha256, bytes: file.bytes }))) return null;
      return this.nameFile(id, file, sha256);
    });
  }

  /** Discards the partial file, because its content is wrong. */
  async dropFile({ partial }: TransferFile): Promise<void> {
    await this.directory.remove('partial', partial);
    await this.database.write(['partials'], (transaction) => transaction.objectStore('partials').delete(partial));
  }

  /** Replaces the transfer by the model, once all files are complete. */
  async finish(id: string, model: StoredModel): Promise<void> {
    await this.database.write(['models', 'transfers'], (transaction) =>
      Promise.all([
        transaction.objectStore('models').put({ ...model, version: RECORD_VERSION }),
        transaction.objectStore('transfers').delete(id),
      ]),
    );
  }

  /** Ends a transfer and deletes its files. */
  async dropTransfer(id: string): Promise<void> {
    await this.directory.exclusively(async () => {
      await this.database.write(['transfers'], (transaction) => transaction.objectStore('transfers').delete(id));
      await this.removeUnnamed('partial');
      await this.removeUnnamed('files');
    });
  }

  /**
   * Runs `body` while no other tab works on this transfer.
   * @returns null if another one does
   */
  alone<T>(id: string, body: () => Promise<T>): Promise<T | null> {
    return navigator.locks.request(this.lockName(id), { ifAvailable: true }, async (lock) => (lock ? body() : null));
  }

  /** Whether any tab works on this transfer. */
  async isMoving(id: string): Promise<boolean> {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === this.lockName(id));
  }

  /**
   * Removes what a crash left behind: files that no record names, and unfinished copies of local files, which cannot
   * be continued because only the page that was given the files could read them.
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
      if (!record) throw new Error(`the transfer ${id} was dropped while it was in progress`);
      const files = record.files.map((each) => (each.name === file.name ? { ...each, sha256 } : each));
      await transaction.objectStore('partials').delete(file.partial);
      await store.put({ ...record, files });
      return { ...record, files };
    });
  }

  private async removeUnnamed(folder: 'files' | 'partial'): Promise<void> {
    // The files are listed before the records are read: a new file's record is written before the file.
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
