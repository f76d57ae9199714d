/** What a run may spend on a server over all its days, and has spent. */
import { limitReached } from './remote-errors';

export interface Spent {
  readonly calls: number;
  /** Read and written. */
  readonly tokens: number;
  /** How often the reader allowed as much again. */
  readonly renewals: number;
}

const NOTHING_SPENT: Spent = { calls: 0, tokens: 0, renewals: 0 };

/** Where it is kept between pages. */
export interface SpendingRecord {
  /** null: nothing was spent yet. */
  load(): Promise<Spent | null>;
  save(spent: Spent): Promise<void>;
}

export interface Limits {
  /** 0: none. */
  readonly calls: number;
  readonly tokens: number;
}

/** A call that was allowed; one of the two ends it. */
export interface Call {
  /** The server took it. */
  spend(tokens: number): Promise<void>;
  /** It did not come to anything that a server could charge for. */
  giveBack(): Promise<void>;
}

export class Budget {
  #loading: Promise<void> | null = null;
  #spent = NOTHING_SPENT;
  #underWay = 0;
  /** Told when a call has ended. */
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly limits: Limits,
    private readonly record: SpendingRecord,
  ) {}

  async spent(): Promise<Spent> {
    this.#loading ??= this.record.load().then((spent) => {
      this.#spent = spent ?? NOTHING_SPENT;
    });
    await this.#loading;
    return this.#spent;
  }

  /** The reader goes on: as much again. */
  async renew(): Promise<void> {
    const { renewals } = await this.spent();
    await this.#change({ renewals: renewals + 1 });
  }

  /**
   * Waits while calls that are under way may leave room. It counts before it is made, so that a page that is closed meanwhile has not
   * made it for nothing.
   * @param tokens that it takes at most
   * @throws LabError judge-limit; the signal's reason when it is aborted
   */
  async take(host: string, tokens: number, signal: AbortSignal): Promise<Call> {
    await this.spent();
    for (;;) {
      signal.throwIfAborted();
      const fault = this.#fault(host, tokens);
      if (fault === null) break;
      if (this.#underWay === 0) throw fault;
      await this.#end(signal);
    }
    this.#underWay += 1;
    let open = true;
    const end = async (calls: number, used: number) => {
      if (!open) return;
      open = false;
      this.#underWay -= 1;
      await this.#change({ calls, tokens: used - tokens });
      for (const wake of this.#waiting) wake();
    };
    await this.#change({ calls: 1, tokens });
    return { spend: (used) => end(0, used), giveBack: () => end(-1, 0) };
  }

  /** Until a call has ended. */
  #end(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #fault(host: string, tokens: number) {
    const spent = this.#spent;
    const times = 1 + spent.renewals;
    if (this.limits.calls > 0 && spent.calls >= this.limits.calls * times) {
      return limitReached(host, number(spent.calls), `${number(this.limits.calls * times)} calls`);
    }
    if (this.limits.tokens > 0 && spent.tokens + tokens > this.limits.tokens * times) {
      const next = `and the next call may take ${number(tokens)}`;
      return limitReached(host, number(spent.tokens), `${number(this.limits.tokens * times)} tokens, ${next}`);
    }
    return null;
  }

  /** @param change calls and tokens to add */
  async #change({ calls = 0, tokens = 0, renewals }: Partial<Spent>): Promise<void> {
    const before = this.#spent;
    this.#spent = { calls: before.calls + calls, tokens: before.tokens + tokens, renewals: renewals ?? before.renewals };
    await this.record.save(this.#spent);
  }
}

const number = (x: number): string => x.toLocaleString('en');
