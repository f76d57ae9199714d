import type { LabEvent } from '../../records/events';
import type { RunLock } from '../../storage/runs/run-lock';
import type { RunStore } from '../../tpo/store';
import type { EventFeed } from './event-feed';

export interface EventParts {
  readonly feed: Pick<EventFeed, 'listen' | 'emitHere'>;
  readonly lock: Pick<RunLock, 'holder' | 'whenFree'>;
  readonly store: Pick<RunStore, 'get'>;
}

export function eventService({ feed, lock, store }: EventParts) {
  const otherTab = new OtherTab(lock, store, feed);
  return {
    /** Events of all runs and tasks, of this tab and of others, from now on. A page has one listener. */
    async listen(listener: (events: readonly LabEvent[]) => void): Promise<void> {
      feed.listen(listener, () => void otherTab.look());
      void otherTab.look();
    },
  };
}

/** Notices when another tab begins to run something, and when that ends, even if the tab was closed or crashed. */
class OtherTab {
  private watched: string | null = null;

  constructor(
    private readonly lock: Pick<RunLock, 'holder' | 'whenFree'>,
    private readonly store: Pick<RunStore, 'get'>,
    private readonly feed: Pick<EventFeed, 'emitHere'>,
  ) {}

  /** Looks for a run in another tab. Resolves when the run that it found has ended. */
  async look(): Promise<void> {
    const holder = await this.lock.holder();
    if (holder === null || holder.here || this.watched !== null) return;
    const { runId } = holder;
    this.watched = runId;
    this.feed.emitHere({ type: 'other-tab', runId });
    await this.lock.whenFree(new AbortController().signal);
    this.watched = null;
    const run = await this.store.get(runId);
    // A run that is still stored as active was closed before it could report its end.
    if (run?.status === 'running' || run?.status === 'paused')
      this.feed.emitHere({ type: 'run', run: { ...run, status: 'stopped' } });
    this.feed.emitHere({ type: 'other-tab', runId: null });
  }
}
