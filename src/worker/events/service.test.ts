import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../records/events';
import type { RunSummary } from '../../records/runs';
import { runSummary } from '../../tpo/testing/records';
import { eventService } from './service';

type Holder = { readonly runId: string; readonly here: boolean } | null;

/** A tab and another tab, whose run ends when the test decides. */
function tab(status: RunSummary['status']) {
  const events: LabEvent[] = [];
  let onForeign = () => {};
  let holder: Holder = null;
  let end = () => {};
  const service = eventService({
    feed: {
      listen: (_, foreign) => {
        onForeign = foreign;
      },
      emitHere: (event) => void events.push(event),
    },
    lock: {
      holder: async () => holder,
      whenFree: () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    },
    store: { get: async (id) => runSummary({ id, status }) },
  });
  return {
    events,
    listen: () => service.listen(() => {}),
    foreignEvent: () => onForeign(),
    begins: (now: Holder) => {
      holder = now;
    },
    ends: () => {
      holder = null;
      end();
    },
  };
}

const types = (events: readonly LabEvent[]) =>
  events.map((event) => (event.type === 'run' ? `run ${event.run.status}` : event.type));

describe('a run in another tab', () => {
  it('is noticed when the page begins to listen, and so is its end', async () => {
    const { events, listen, begins, ends } = tab('finished');
    begins({ runId: 'r', here: false });
    await listen();
    await expect.poll(() => events).toEqual([{ type: 'other-tab', runId: 'r' }]);
    ends();
    await expect.poll(() => events.at(-1)).toEqual({ type: 'other-tab', runId: null });
    expect(types(events)).toEqual(['other-tab', 'other-tab']);
  });

  it('is noticed when the tab sends events, once', async () => {
    const { events, listen, foreignEvent, begins } = tab('running');
    await listen();
    begins({ runId: 'r', here: false });
    for (let i = 0; i < 3; i++) foreignEvent();
    await expect.poll(() => events).toEqual([{ type: 'other-tab', runId: 'r' }]);
  });

  it('counts as stopped if its tab ended without a report', async () => {
    const { events, listen, begins, ends } = tab('running');
    begins({ runId: 'r', here: false });
    await listen();
    await expect.poll(() => events).toHaveLength(1);
    ends();
    await expect.poll(() => types(events)).toEqual(['other-tab', 'run stopped', 'other-tab']);
  });

  it('is not confused with a run in this tab', async () => {
    const { events, listen, foreignEvent, begins } = tab('running');
    begins({ runId: 'r', here: true });
    await listen();
    foreignEvent();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(events).toEqual([]);
  });
});
