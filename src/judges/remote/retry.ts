/** Repeats calls to a server that is busy or failing. */

import type { LabError } from '../../lib/errors';
import { pause } from '../../lib/retry';

/** How long to wait, in milliseconds, and how often to try. */
export interface Patience {
  /** For a complete answer. A slow server may have other questions to answer first. */
  readonly callMs: number;
  /** After the first failure. The pause doubles with every further failure. */
  readonly firstPauseMs: number;
  /** Longest pause between two tries. If a server asks for a longer one, the call fails instead. */
  readonly longestPauseMs: number;
  /** Tries of one call. */
  readonly tries: number;
}

export const PATIENCE: Patience = { callMs: 300_000, firstPauseMs: 1000, longestPauseMs: 120_000, tries: 7 };

interface RetryOptions extends ErrorOptions {
  /** Number of failures with the same `tries` after which to give up; unlimited by default. */
  readonly tries?: number;
  /** The pause that the server asks for. */
  readonly pauseSeconds?: number | null;
  /** HTTP status, if the server answered with an error. */
  readonly status?: number;
}

/** A failure that may be over at the next try. */
export class RetryableError extends Error {
  readonly tries: number;
  readonly pauseSeconds: number | null;
  readonly status: number | null;

  /** @param failure the error to throw after the last try; null if the connection has to be diagnosed first */
  constructor(
    readonly failure: LabError | null,
    { tries = Number.POSITIVE_INFINITY, pauseSeconds = null, status, ...options }: RetryOptions = {},
  ) {
    super(failure?.message ?? '', options);
    this.tries = tries;
    this.pauseSeconds = pauseSeconds;
    this.status = status ?? null;
  }
}

/** One object per model: if the server asks for a pause, all calls of the model observe it. */
export class Retrier {
  /** No call is made before this time, as of `Date.now()`. */
  private restUntil = 0;

  constructor(private readonly patience: Patience) {}

  /**
   * @param attempt the call. `erred`: an earlier attempt failed with status 500
   * @param diagnose finds the error for a connection that failed, from its cause
   * @throws LabError after the last try; errors of `attempt` that are not retryable; the signal's reason when aborted
   */
  async run<T>(
    attempt: (erred: boolean) => Promise<T>,
    diagnose: (cause: unknown) => Promise<LabError>,
    signal: AbortSignal,
  ): Promise<T> {
    const { firstPauseMs, longestPauseMs, tries } = this.patience;
    /** Failures by their `tries`. */
    const counts = new Map<number, number>();
    let erred = false;
    for (let failures = 1; ; failures++) {
      await pause(Math.max(0, this.restUntil - Date.now()), signal);
      try {
        return await attempt(erred);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RetryableError)) throw error;
        const { failure, pauseSeconds } = error;
        erred ||= error.status === 500;
        const alike = (counts.get(error.tries) ?? 0) + 1;
        counts.set(error.tries, alike);
        if (failures >= tries || alike >= error.tries || (pauseSeconds ?? 0) * 1000 > longestPauseMs) {
          throw failure ?? (await diagnose(error.cause));
        }
        // The pauses are random, so that calls that failed together are not repeated together.
        const backOffMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
        if (pauseSeconds === null) await pause(backOffMs, signal);
        else {
          const askedMs = pauseSeconds * 1000 * (1 + Math.random() / 10);
          this.restUntil = Math.max(this.restUntil, Date.now() + Math.max(backOffMs, askedMs));
        }
      }
    }
  }
}
