/** Work that has a device of its own while it lasts: the next waits for the one before, which is given up. */
export class OneAtATime {
  private current: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null;

  /** It can be cancelled from the call on. @param work awaits `before` first: until then the other still has its device */
  async take<T>(work: (signal: AbortSignal, before: () => Promise<void>) => Promise<T>): Promise<T> {
    const other = this.current;
    const abort = new AbortController();
    const working = work(abort.signal, async () => {
      other?.abort.abort();
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

  /** Resolves when the device is free. */
  async cancel(): Promise<void> {
    const { current } = this;
    current?.abort.abort();
    await current?.ended;
  }
}
