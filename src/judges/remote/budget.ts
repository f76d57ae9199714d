/** What a run may spend on a server over all its days, and has spent. */
import { limitReached } from './errors';

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

/** A call that was allowed. It holds its place until it is ended, whatever became of it. */
export interface Call {
  /** @param tokens that it took; null: it did not come to anything that a server could charge for */
  end(tokens: number | null): Promise<void>;
}

/** Whose the limits are: a run's, which its reader can renew, or those of one go, as a trial or a second judgement is. */
export type Spender = 'run' | 'once';

export class Budget {
  #loading: Promise<void> | null = null;
  #spent = NOTHING_SPENT;
  #underWay = 0;
  /** Told when a call has ended. */
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly limits: Limits,
    private readonly record: SpendingRecord,
    private readonly spender: Spender = 'run',
  ) {}

  async spent(): Promise<Spent> {
    this.#loading ??= this.record.load().then(
      (spent) => {
        this.#spent = spent ?? NOTHING_SPENT;
      },
      (error: unknown) => {
        this.#loading = null;
        throw error;
      },
    );
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
   * @throws LabError judge-limit, and what `record` throws: nothing is taken then; the signal's reason when it is aborted
   */
  async take(host: string, tokens: number, signal: AbortSignal): Promise<Call> {
    await this.spent();
    for (;;) {
      signal.throwIfAborted();
      const fault = this.#fault(host, tokens);
      if (fault === null) break;
      if (this.#underWay === 0) throw fault;
      await this.#ended(signal);
    }
    this.#underWay += 1;
    const end = async (used: number | null) => {
      this.#underWay -= 1;
      const kept = this.#change({ calls: used === null ? -1 : 0, tokens: (used ?? 0) - tokens });
      // Also where it cannot be kept: who waits would wait for ever.
      for (const wake of this.#waiting) wake();
      await kept;
    };
    await this.#change({ calls: 1, tokens }).catch(async (error: unknown) => {
      await end(null).catch(() => {});
      throw error;
    });
    return { end };
  }

  /** Until a call has ended. */
  #ended(signal: AbortSignal): Promise<void> {
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
      return limitReached(host, this.spender, number(spent.calls), `${number(this.limits.calls * times)} calls`);
    }
    if (this.limits.tokens > 0 && spent.tokens + tokens > this.limits.tokens * times) {
      const next = `and the next call may take ${number(tokens)}`;
      return limitReached(
        host,
        this.spender,
        number(spent.tokens),
        `${number(this.limits.tokens * times)} tokens, ${next}`,
      );
    }
    return null;
  }

  /** @param change calls and tokens to add */
  async #change({ calls = 0, tokens = 0, renewals }: Partial<Spent>): Promise<void> {
    const before = this.#spent;
    this.#spent = {
      calls: before.calls + calls,
      tokens: before.tokens + tokens,
      renewals: renewals ?? before.renewals,
    };
    await this.record.save(this.#spent);
  }
}

const number = (x: number): string => x.toLocaleString('en');
