/** Remote servers of judges: keys and headers by origin, the spending of each run, and cached replies. */
import { checkAccess, NO_ACCESS } from '../../judges/remote/access';
import { Budget, type Limits, type SpendingRecord, type Spent } from '../../judges/remote/budget';
import { listModels } from '../../judges/remote/models';
import type { RemoteConnection, RemoteSettings } from '../../judges/remote/remote-model';
import { ReplyCache } from '../../judges/remote/reply-cache';
import { LabError } from '../../lib/errors';
import { parseRemoteAddress, type RemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess, RemoteAccessInfo } from '../../records/judges';
import { createRemoteAccessStorage, type RemoteAccessStorage } from '../../storage/key-value/remote-access';
import { createSpendingStorage, type SpendingStorage } from '../../storage/key-value/spending';

export class RemoteJudges {
  /** By origin. What the user lets the page remember is also in the storage. */
  private readonly access = new Map<string, RemoteAccess>();
  /** The budgets of runs with open judges, by the run's id, and the number of these judges. */
  private readonly open = new Map<string, { readonly budget: Budget; judges: number }>();
  /** Replies for the judges of runs. */
  private readonly cache = new ReplyCache();

  constructor(
    private readonly storage: RemoteAccessStorage,
    private readonly spending: SpendingStorage,
    /** URL of the page. */
    private readonly page: string,
  ) {}

  /**
   * Sets the access to the origin of a URL.
   * @param access null forgets it, also in the storage
   * @param remember whether to store it; otherwise it is forgotten when the page closes
   * @throws LabError judge-failed, no-storage, storage-full
   */
  async setAccess(url: string, access: RemoteAccess | null, remember: boolean): Promise<void> {
    const { origin } = addressOf(url);
    if (access === null) this.access.delete(origin);
    else this.access.set(origin, checkAccess(access));
    const remembered = remember ? this.access.get(origin) : undefined;
    if (remembered === undefined) await this.storage.forget(origin);
    else await this.storage.save(origin, remembered);
  }

  /** Describes the access without the key and the values of headers. @throws LabError judge-failed */
  async about(url: string): Promise<RemoteAccessInfo> {
    const { origin } = addressOf(url);
    const { key, headers } = await this.accessTo(origin);
    const remembered = (await this.storage.load(origin).catch(() => null)) !== null;
    return { key: key !== '', headers: Object.keys(headers), remembered };
  }

  /** Names of the server's models. @throws LabError judge-failed */
  async models(url: string): Promise<readonly string[]> {
    const address = addressOf(url);
    const access = await this.accessTo(address.origin);
    const server = { address, access, fetch: fetch.bind(globalThis), page: new URL(this.page) };
    return listModels(server, new AbortController().signal);
  }

  /**
   * @param runId the run whose budget is charged. Null for a trial, which has its own budget and cache
   * @throws LabError judge-failed: the address is not valid
   */
  connect(settings: RemoteSettings, runId: string | null): RemoteConnection {
    const { origin } = addressOf(settings.remoteUrl);
    const limits: Limits = { calls: settings.judgeCallLimit, tokens: settings.judgeTokenLimit };
    const shared = { page: this.page, access: () => this.accessTo(origin) };
    if (runId === null) {
      return { ...shared, budget: new Budget(limits, memoryRecord(), 'once'), cache: new ReplyCache() };
    }
    const opened = this.open.get(runId) ?? { budget: new Budget(limits, this.spending.of(runId)), judges: 0 };
    opened.judges += 1;
    this.open.set(runId, opened);
    let released = false;
    const release = () => {
      // Forget the budget: another tab may spend for the run from now on.
      if (!released && --opened.judges === 0) this.open.delete(runId);
      released = true;
    };
    return { ...shared, budget: opened.budget, cache: this.cache, release };
  }

  /** Allows a run whose limit is reached to spend the same amount again. @throws LabError no-storage, storage-full */
  async renew(runId: string): Promise<void> {
    const budget = this.open.get(runId)?.budget ?? new Budget({ calls: 0, tokens: 0 }, this.spending.of(runId));
    await budget.renew();
  }

  /** Deletes the spending of a deleted run. @throws LabError no-storage */
  forgetRun(runId: string): Promise<void> {
    return this.spending.delete(runId);
  }

  private async accessTo(origin: string): Promise<RemoteAccess> {
    const known = this.access.get(origin);
    if (known !== undefined) return known;
    // A browser without storage remembers nothing.
    return (await this.storage.load(origin).catch(() => null)) ?? NO_ACCESS;
  }
}

/** @param page its URL */
export const openRemoteJudges = (page: string): RemoteJudges =>
  new RemoteJudges(createRemoteAccessStorage(), createSpendingStorage(), page);

/** @throws LabError judge-failed */
function addressOf(url: string): RemoteAddress {
  const address = parseRemoteAddress(url);
  if ('fault' in address) throw new LabError('judge-failed', address.fault, 'Correct the address.');
  return address;
}

/** Holds the spending of a trial, which is not stored. */
function memoryRecord(): SpendingRecord {
  let spent: Spent | null = null;
  return {
    load: async () => spent,
    save: async (now) => {
      spent = now;
    },
  };
}
