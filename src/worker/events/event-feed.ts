import type { LabEvent } from '../../records/events';

/** Events are collected and sent at most this often. Milliseconds. */
const EVERY_MS = 100;

type Listener = (events: readonly LabEvent[]) => void;

/** Sends events to the page of this tab and to those of other tabs. */
export class EventFeed {
  private waiting: LabEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private listener: Listener = () => {};
  private onForeign = () => {};
  private readonly channel: BroadcastChannel;

  /** @param scope tabs of the same scope receive each other's events */
  constructor(scope: string) {
    // The channel's name has the version of the events: a tab with another version of the page may send others.
    this.channel = new BroadcastChannel(`${scope}/events/1`);
    this.channel.addEventListener('message', ({ data }: MessageEvent<readonly LabEvent[]>) => {
      this.listener(data);
      this.onForeign();
    });
  }

  /**
   * Sends this tab's and the other tabs' events to the listener from now on. There is one listener.
   * @param onForeign called after another tab's events have been passed on
   */
  listen(listener: Listener, onForeign: () => void): void {
    this.listener = listener;
    this.onForeign = onForeign;
  }

  /** Sends an event to all tabs, within 100 ms. */
  emit(event: LabEvent): void {
    // Only the newest of these is of interest.
    if (event.type === 'progress' || event.type === 'live')
      this.waiting = this.waiting.filter(({ type }) => type !== event.type);
    if (event.type === 'download') {
      this.waiting = this.waiting.filter(
        (other) => other.type !== 'download' || other.download.id !== event.download.id,
      );
    }
    this.waiting.push(event);
    this.timer ??= setTimeout(() => this.flush(), EVERY_MS);
  }

  /** Sends an event to this tab only, at once. */
  emitHere(event: LabEvent): void {
    this.listener([event]);
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.waiting.length === 0) return;
    const events = this.waiting.splice(0);
    this.listener(events);
    this.channel.postMessage(events);
  }
}
