/**
 * The only access to the main IndexedDB database: opens and migrates it, and runs transactions whose errors are
 * LabErrors.
 */
import { type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb';
import { MIGRATIONS, type Migration, migrate } from './migrations';
import type { LabSchema } from './schema';
import { noStorage, notAvailable, toOpenError, toStorageError } from './storage-errors';

export type StoreName = StoreNames<LabSchema>;
export type ReadTransaction<Names extends StoreName[]> = IDBPTransaction<LabSchema, Names, 'readonly'>;
export type WriteTransaction<Names extends StoreName[]> = IDBPTransaction<LabSchema, Names, 'readwrite'>;

export class Database {
  private connection: Promise<IDBPDatabase<LabSchema>> | null = null;

  constructor(
    readonly name = 'thinking-lab',
    private readonly migrations: readonly Migration[] = MIGRATIONS,
  ) {}

  /** Runs `body` on a snapshot of the stores. It may only await requests of the transaction. */
  read<Names extends StoreName[], T>(
    stores: [...Names],
    body: (transaction: ReadTransaction<Names>) => Promise<T>,
  ): Promise<T> {
    return this.run(async (database) => {
      const transaction = database.transaction<Names, 'readonly'>(stores, 'readonly');
      return settle(transaction, body(transaction));
    });
  }

  /**
   * Runs `body` in one transaction: either all of its writes are stored or none. Resolves when they are on the disk.
   * The durability is `strict`, because browsers may otherwise flush values in any order (large values go to separate
   * files), and a manifest must not survive a power cut that its chunks do not survive.
   * @throws LabError storage-full, no-storage
   */
  write<Names extends StoreName[], T>(
    stores: [...Names],
    body: (transaction: WriteTransaction<Names>) => Promise<T>,
  ): Promise<T> {
    return this.run(async (database) => {
      const transaction = database.transaction<Names, 'readwrite'>(stores, 'readwrite', { durability: 'strict' });
      return settle(transaction, body(transaction));
    });
  }

  async close(): Promise<void> {
    const connection = this.connection;
    this.connection = null;
    (await connection?.catch(() => null))?.close();
  }

  private async run<T>(operation: (database: IDBPDatabase<LabSchema>) => Promise<T>): Promise<T> {
    this.connection ??= this.open();
    const connection = this.connection;
    let database: IDBPDatabase<LabSchema>;
    try {
      database = await connection;
    } catch (error) {
      this.forget(connection);
      throw toOpenError(error);
    }
    try {
      return await operation(database);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  private forget(connection: Promise<IDBPDatabase<LabSchema>>): void {
    if (this.connection === connection) this.connection = null;
  }

  private async open(): Promise<IDBPDatabase<LabSchema>> {
    if (!globalThis.indexedDB) throw notAvailable();
    return await new Promise((resolve, reject) => {
      let failure: unknown;
      let givenUp = false;
      const opening = openDB<LabSchema>(this.name, this.migrations.length, {
        upgrade: (database, from, _to, transaction) => {
          // A migration sees records of old shapes, which the current schema does not describe.
          const untyped = database as unknown as IDBPDatabase;
          const untypedTransaction = transaction as unknown as IDBPTransaction<unknown, string[], 'versionchange'>;
          migrate(untyped, untypedTransaction, from, this.migrations).catch((error: unknown) => {
            failure = error;
            transaction.abort();
          });
          // An aborted upgrade also rejects the opening, which is handled below.
          transaction.done.catch(() => undefined);
        },
        blocked: () => {
          givenUp = true;
          reject(
            noStorage(
              'An older version of this page is open in another tab.',
              'Nothing is lost: close the other tabs of this page, then reload this one.',
            ),
          );
        },
        // A newer version of the page wants to upgrade the database. The next operation here will fail with that
        // reason.
        blocking: () => void this.close(),
        terminated: () => {
          this.connection = null;
        },
      });
      opening.then(
        // If it opens after we gave up, the connection has no owner and would block the next upgrade.
        (database) => (givenUp ? database.close() : resolve(database)),
        (error: unknown) => reject(failure ?? error),
      );
    });
  }
}

type Settling = Pick<IDBTransaction, 'abort' | 'error'> & { readonly done: Promise<void> };

/** Resolves to the body's result when the transaction has completed. A body that throws aborts the transaction. */
async function settle<T>(transaction: Settling, body: Promise<T>): Promise<T> {
  try {
    const [result] = await Promise.all([body, transaction.done]);
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // The transaction has already ended.
    }
    // A request of an aborted transaction only reports AbortError. The transaction's own error has the reason.
    throw transaction.error ?? error;
  }
}

/** The range of all keys that begin with `owner`. */
export const ownedBy = (owner: string): IDBKeyRange => IDBKeyRange.bound([owner], [owner, []]);
