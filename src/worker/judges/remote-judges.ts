/** Judges behind addresses, as the worker holds them: keys, what each run has spent, and the replies that came before. */
import type { JudgeModel } from '../../judges/language/judge-model';
import { ReplyCache } from '../../judges/language/reply-cache';
import { checkAccess, NO_ACCESS } from '../../judges/remote/access';
import { Budget, type Limits, type SpendingRecord, type Spent } from '../../judges/remote/budget';
import { listModels } from '../../judges/remote/models';
import { openRemoteModel } from '../../judges/remote/remote';
import { LabError } from '../../lib/errors';
import { parseRemoteAddress, type RemoteAddress } from '../../recipe/judges/remote-address';
import type { Recipe } from '../../recipe/recipe';
import type { RemoteAccess, RemoteAccessInfo } from '../../records/judges';
import { createRemoteAccessStorage, type RemoteAccessStorage } from '../../storage/remote-access';
import { createSpendingStorage, type SpendingStorage } from '../../storage/spending';

export type RemoteRecipe = Pick<
  Recipe,
  'remoteUrl' | 'remoteModel' | 'judgeReplyTokens' | 'judgeConcurrency' | 'judgeCallLimit' | 'judgeTokenLimit'
>;

export class RemoteJudges {
  /** By origin; what is remembered is read from the storage. */
  readonly #access = new Map<string, RemoteAccess>();
  /** Of runs whose judges are open here, and how many of each. */
  readonly #open = new Map<string, { readonly budget: Budget; judges: number }>();
  readonly #cache = new ReplyCache();

  constructor(
    private readonly storage: RemoteAccessStorage,
    private readonly spending: SpendingStorage,
    /** Address of the page. */
    private readonly page: string,
  ) {}

  /**
   * For the address's whole origin. What is not remembered is gone with the page.
   * @param access null forgets it, also where it was remembered
   * @throws LabError judge-failed, no-storage, storage-full
   */
  async setAccess(url: string, access: RemoteAccess | null, remember: boolean): Promise<void> {
    const { origin } = addressOf(url);
    if (access === null) this.#access.delete(origin);
    else this.#access.set(origin, checkAccess(access));
    const kept = remember ? this.#access.get(origin) : undefined;
    if (kept === undefined) await this.storage.forget(origin);
    else await this.storage.save(origin, kept);
  }

  /** What is known of the access, without the key and the headers' values. @throws LabError judge-failed */
  async about(url: string): Promise<RemoteAccessInfo> {
    const { origin } = addressOf(url);
    const { key, headers } = await this.#accessTo(origin);
    const remembered = (await this.storage.load(origin).catch(() => null)) !== null;
    return { key: key !== '', headers: Object.keys(headers), remembered };
  }

  /** Names of the server's models. @throws LabError judge-failed */
  async models(url: string): Promise<readonly string[]> {
    const address = addressOf(url);
    const access = await this.#accessTo(address.origin);
    const server = { address, access, fetch: fetch.bind(globalThis), page: new URL(this.page) };
    return listModels(server, new AbortController().signal);
  }

  /**
   * @param runId whose spending it is; null: of one go, which spends for itself and is answered anew
   * @throws LabError judge-failed where the address is none
   */
  open(recipe: RemoteRecipe, runId: string | null): JudgeModel {
    const { origin } = addressOf(recipe.remoteUrl);
    const limits: Limits = { calls: recipe.judgeCallLimit, tokens: recipe.judgeTokenLimit };
    const open = (runId !== null && this.#open.get(runId)) || {
      budget: runId === null ? new Budget(limits, forgetful(), 'once') : new Budget(limits, this.spending.of(runId)),
      judges: 0,
    };
    const model = openRemoteModel({
      url: recipe.remoteUrl,
      model: recipe.remoteModel,
      replyTokens: recipe.judgeReplyTokens,
      concurrency: recipe.judgeConcurrency,
      budget: open.budget,
      cache: runId === null ? new ReplyCache() : this.#cache,
      page: this.page,
      access: () => this.#accessTo(origin),
    });
    if (runId === null) return model;
    open.judges += 1;
    this.#open.set(runId, open);
    let disposed = false;
    return {
      name: model.name,
      concurrency: model.concurrency,
      ask: (question, signal) => model.ask(question, signal),
      dispose: () => {
        model.dispose();
        // Another tab may spend for the run from now on.
        if (!disposed && --open.judges === 0) this.#open.delete(runId);
        disposed = true;
      },
    };
  }

  /** The reader goes on with a run whose limit is reached: as much again. @throws LabError no-storage, storage-full */
  async renew(runId: string): Promise<void> {
    const budget = this.#open.get(runId)?.budget ?? new Budget({ calls: 0, tokens: 0 }, this.spending.of(runId));
    await budget.renew();
  }

  /** A deleted run has spent nothing. @throws LabError no-storage */
  forgetRun(runId: string): Promise<void> {
    return this.spending.delete(runId);
  }

  async #accessTo(origin: string): Promise<RemoteAccess> {
    const known = this.#access.get(origin);
    if (known !== undefined) return known;
    // A browser without storage remembers nothing.
    return (await this.storage.load(origin).catch(() => null)) ?? NO_ACCESS;
  }
}

/** @param page its address */
export const openRemoteJudges = (page: string): RemoteJudges =>
  new RemoteJudges(createRemoteAccessStorage(), createSpendingStorage(), page);

/** @throws LabError judge-failed */
function addressOf(url: string): RemoteAddress {
  const address = parseRemoteAddress(url);
  if ('fault' in address) throw new LabError('judge-failed', address.fault, 'Correct the address.');
  return address;
}

function forgetful(): SpendingRecord {
  let spent: Spent | null = null;
  return {
    load: async () => spent,
    save: async (now) => {
      spent = now;
    },
  };
}
