/** The spending limits of a run on a server, and what it has spent so far, over all pages in which it ran. */
import { limitReached } from './errors';

export interface Spent {
  readonly calls: number;
  /** Prompt and completion tokens. */
  readonly tokens: number;
  /** How often the user allowed the same amount again. */
  readonly renewals: number;
}

const NOTHING_SPENT: Spent = { calls: 0, tokens: 0, renewals: 0 };

/** Stores the spending, so that it survives a reload. */
export interface SpendingRecord {
  /** Null if nothing was spent yet. */
  load(): Promise<Spent | null>;
  save(spent: Spent): Promise<void>;
}

/** 0 means no limit. */
export interface Limits {
  readonly calls: number;
  readonly tokens: number;
}

/** A call that was allowed. It counts as under way until `end`, which must always be called. */
export interface Call {
  /** @param tokens that the call took; null if the server cannot have charged for it */
  end(tokens: number | null): Promise<void>;
}

/**
 * `run`: the limit is renewed when the user continues the run. `once`: a trial or a second judgement, never renewed.
 */
export type Spender = 'run' | 'once';

export class Budget {
  private loading: Promise<void> | null = null;
  private total = NOTHING_SPENT;
  private underWay = 0;
  /** Called when a call has ended. */
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly limits: Limits,
    private readonly record: SpendingRecord,
    private readonly spender: Spender = 'run',
  ) {}

  async spent(): Promise<Spent> {
    this.loading ??= this.record.load().then(
      (spent) => {
        this.total = spent ?? NOTHING_SPENT;
      },
      (error: unknown) => {
        this.loading = null;
        throw error;
      },
    );
    await this.loading;
    return this.total;
  }

  /** Allows the same amount again. */
  async renew(): Promise<void> {
    const { renewals } = await this.spent();
    await this.change({ renewals: renewals + 1 });
  }

  /**
   * Reserves a call. Near the limit it waits for calls under way, which may take less than they reserved. The
   * reservation is stored before the call is made, so it still counts if the page is closed during the call.
   * @param tokens that the call may take at most
   * @throws LabError judge-limit; an error of `record`, and then nothing is reserved; the signal's reason when it is
   * aborted
   */
  async take(host: string, tokens: number, signal: AbortSignal): Promise<Call> {
    await this.spent();
    for (;;) {
      signal.throwIfAborted();
      const fault = this.fault(host, tokens);
      if (fault === null) break;
      if (this.underWay === 0) throw fault;
      await this.nextEnd(signal);
    }
    this.underWay += 1;
    const end = async (used: number | null) => {
      this.underWay -= 1;
      const stored = this.change({ calls: used === null ? -1 : 0, tokens: (used ?? 0) - tokens });
      // Wake the waiting calls even if storing fails, or they would wait for ever.
      for (const wake of this.waiting) wake();
      await stored;
    };
    await this.change({ calls: 1, tokens }).catch(async (error: unknown) => {
      await end(null).catch(() => {});
      throw error;
    });
    return { end };
  }

  /** Resolves when a call has ended or the signal is aborted. */
  private nextEnd(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  private fault(host: string, tokens: number) {
    const { calls, tokens: spent, renewals } = this.total;
    const times = 1 + renewals;
    const [mostCalls, mostTokens] = [this.limits.calls * times, this.limits.tokens * times];
    if (mostCalls > 0 && calls >= mostCalls) {
      return limitReached(host, this.spender, formatted(calls), `${formatted(mostCalls)} calls`);
    }
    if (mostTokens > 0 && spent + tokens > mostTokens) {
      const limit = `${formatted(mostTokens)} tokens, and the next call may take ${formatted(tokens)}`;
      return limitReached(host, this.spender, formatted(spent), limit);
    }
    return null;
  }

  /** @param change calls and tokens to add */
  private async change({ calls = 0, tokens = 0, renewals }: Partial<Spent>): Promise<void> {
    const before = this.total;
    this.total = {
      calls: before.calls + calls,
      tokens: before.tokens + tokens,
      renewals: renewals ?? before.renewals,
    };
    await this.record.save(this.total);
  }
}

const formatted = (x: number): string => x.toLocaleString('en');

/** Estimated tokens of a chat turn: a token per four ASCII characters, and per two bytes of other characters. */
export function estimatedTokens(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const wide = bytes.filter((byte) => byte > 127).length;
  return 16 + Math.ceil((bytes.length - wide) / 4 + wide / 2);
}

/** A server's count may exceed the reserved tokens by this factor: it may add instructions and hidden thoughts. */
const MOST_TIMES = 16;

/**
 * The tokens that a call took: the server's count if it is plausible, else an estimate.
 * @param usage the server's count, or null
 * @param text message and reply
 * @param reserved tokens that were reserved for the call
 */
export function plausibleTokens(usage: number | null, text: string, reserved: number): number {
  const least = new TextEncoder().encode(text).length / 16;
  return usage === null || usage < least ? estimatedTokens(text) : Math.min(usage, MOST_TIMES * reserved);
}
