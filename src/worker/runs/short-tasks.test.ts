import { beforeEach, describe, expect, it } from 'vitest';
import { ShortTasks } from './short-tasks';

describe('a short task', () => {
  let holder: { readonly runId: string; readonly here: boolean } | null;
  let runHere: string | null;
  let cancelled: string[];
  let tasks: ShortTasks;

  beforeEach(() => {
    holder = null;
    runHere = null;
    cancelled = [];
    tasks = new ShortTasks({ holder: async () => holder }, () => runHere);
    for (const task of ['dry sample', 'making prompts', 'judging'] as const) {
      tasks.add(task, async () => {
        await new Promise((resolve) => setTimeout(resolve));
        cancelled.push(task);
      });
    }
  });

  it('begins when the devices of all others are free', async () => {
    await tasks.begin('making prompts');
    expect(cancelled).toEqual(['dry sample', 'judging']);
  });

  it('is cancelled by a run, like all others', async () => {
    await tasks.cancelAll();
    expect(cancelled).toEqual(['dry sample', 'making prompts', 'judging']);
  });

  it('does not begin while a run is running, and says why', async () => {
    runHere = 'r';
    await expect(tasks.begin('dry sample')).rejects.toMatchObject({
      code: 'running-elsewhere',
      message: 'A run is running in this tab.',
      advice: 'Stop it first, or let it end: a dry sample would only slow both down.',
    });
    [runHere, holder] = [null, { runId: 'r', here: true }];
    await expect(tasks.begin('judging')).rejects.toMatchObject({ message: 'A run is running in this tab.' });
    holder = { runId: 'r', here: false };
    await expect(tasks.begin('judging')).rejects.toMatchObject({ message: 'A run is running in another tab.' });
  });
});
