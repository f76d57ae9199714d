import type { LabEvent } from '../../records/events';
import type { EventFeed } from './event-feed';
import type { OtherTab } from './other-tab';

export interface EventParts {
  readonly feed: EventFeed;
  readonly otherTab: OtherTab;
}

export function eventService({ feed, otherTab }: EventParts) {
  return {
    /** Events of all runs and tasks, of this tab and of others, from now on. A page has one listener. */
    async listen(listener: (events: readonly LabEvent[]) => void): Promise<void> {
      feed.listen(listener);
      void otherTab.look();
    },
  };
}
