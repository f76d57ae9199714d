/** Runs one task at a time: a new task cancels the one before and waits until that has ended. */
export class OneAtATime {
  private current: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null;

  /** @param reason makes the reason with which signals abort; the browser's `AbortError` if omitted */
  constructor(private readonly reason?: () => Error) {}

  /**
   * Runs a task. `cancel` works from this call on.
   * @param work awaits `before` first: until then the task before still has its device
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

  /** Aborts the task's signal. Resolves when it has ended. */
  async cancel(): Promise<void> {
    const { current } = this;
    current?.abort.abort(this.reason?.());
    await current?.ended;
  }
}
