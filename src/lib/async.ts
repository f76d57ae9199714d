/** Concurrency: how many tasks run at once, and what ends them. */

/**
 * `Promise.all` of `work` on each item under one shared signal. The signal aborts as soon as one item fails, or when
 * `outer` aborts.
 */
export async function allOrNone<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal, i: number) => Promise<R>,
  outer?: AbortSignal,
): Promise<R[]> {
  const ending = new AbortController();
  const signal = outer ? AbortSignal.any([ending.signal, outer]) : ending.signal;
  try {
    return await Promise.all(items.map((item, i) => work(item, signal, i)));
  } catch (error) {
    ending.abort(error);
    throw error;
  }
}

/** Returns a function that runs tasks in the order of its calls, at most `atOnce` of them at a time. */
export function limit(atOnce: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running < atOnce) running++;
    else await new Promise<void>((start) => waiting.push(start));
    try {
      return await task();
    } finally {
      // The next task takes over this slot, so that no new call can slip in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** A value that is loaded at most once, on first use. A load that failed is tried again. */
export interface Once<T> {
  get(): Promise<T>;
  /** The value if `get` has been called before, else null. */
  begun(): Promise<T | null>;
}

export function once<T>(load: () => Promise<T>): Once<T> {
  let loading: Promise<T> | null = null;
  return {
    get() {
      loading ??= load();
      loading.catch(() => {
        loading = null;
      });
      return loading;
    },
    begun: async () => loading,
  };
}

/** Work that needs the device for itself. New work aborts the work before it and waits until that has ended. */
export class OneAtATime {
  private current: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null;

  /** @param reason makes the reason with which signals abort; the browser's `AbortError` if omitted */
  constructor(private readonly reason?: () => Error) {}

  /**
   * Starts `work` at once. It can be cancelled from this call on.
   * @param work must await `before` before it uses the device: until then the earlier work still holds it
   */
  async take<T>(work: (signal: AbortSignal, before: () => Promise<void>) => Promise<T>): Promise<T> {
    const other = this.current;
    const abort = new AbortController();
    const working = work(abort.signal, async () => {
      other?.abort.abort(this.reason?.());
      await other?.ended;
    });
    const current = { abort, ended: working.catch(() => {}) };
    this.current = current;
    try {
      return await working;
    } finally {
      if (this.current === current) this.current = null;
    }
  }

  /** Aborts the current work and resolves when it has ended. */
  async cancel(): Promise<void> {
    const { current } = this;
    current?.abort.abort(this.reason?.());
    await current?.ended;
  }
}

/** Settles as `work` does, but rejects with the signal's reason as soon as the signal aborts. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
