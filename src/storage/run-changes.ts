/** Tells the other tabs which runs changed, so that they read them again from the store. */
const QUIET_MS = 200;

export class RunChanges {
  readonly #channel: BroadcastChannel;
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(scope = 'thinking-lab') {
    this.#channel = new BroadcastChannel(`${scope}/runs`);
  }

  /** Soon, and once for many changes of the same run. */
  readonly announce = (runId: string): void => {
    this.#changed.add(runId);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      for (const changed of this.#changed) this.#channel.postMessage(changed);
      this.#changed.clear();
    }, QUIET_MS);
  };

  /** Hears of the changes that others made, never of its own. @returns what stops it */
  listen(listener: (runId: string) => void): () => void {
    const onMessage = ({ data }: MessageEvent<unknown>) => {
      // An older or newer version of the page may say something else.
      if (typeof data === 'string') listener(data);
    };
    this.#channel.addEventListener('message', onMessage);
    return () => this.#channel.removeEventListener('message', onMessage);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#channel.close();
  }
}
