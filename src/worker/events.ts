import type { LabEvent } from '../records/events';

const EVERY_MS = 100;

type Listener = (events: readonly LabEvent[]) => void;

export class EventFeed {
  private waiting: LabEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private listener: Listener = () => {};
  private readonly channel: BroadcastChannel;

  /**
   * @param scope tabs of the same one hear each other
   * @param onForeign told when another tab's events have come
   */
  constructor(scope: string, onForeign: () => void) {
    // The version of the events is in the name: a tab that runs another version of the page says other things.
    this.channel = new BroadcastChannel(`${scope}/events/1`);
    this.channel.addEventListener('message', ({ data }: MessageEvent<readonly LabEvent[]>) => {
      this.listener(data);
      onForeign();
    });
  }

  /** Events from now on, this tab's and the others'. */
  listen(listener: Listener): void {
    this.listener = listener;
  }

  emit(event: LabEvent): void {
    // Of these only the newest matters.
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

  /** To this tab only. */
  tell(event: LabEvent): void {
    this.listener([event]);
  }

  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.waiting.length === 0) return;
    const events = this.waiting.splice(0);
    this.listener(events);
    this.channel.postMessage(events);
  }

  close(): void {
    this.flush();
    this.channel.close();
  }
}
