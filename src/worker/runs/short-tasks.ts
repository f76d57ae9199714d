import { LabError } from '../../lib/errors';
import type { RunLock } from '../../storage/runs/run-lock';

/** The short tasks, each with the reason why it cannot begin during a run, as the second half of a sentence. */
const WHY_NOT = {
  'dry sample': 'a dry sample would only slow both down',
  'self-test': 'both would measure each other',
  'making prompts': 'making prompts would only slow both down',
  judging: 'this judge needs the model for itself',
} as const;
type ShortTask = keyof typeof WHY_NOT;

/**
 * The tasks other than a run that load the model onto a GPU device of their own. One of them at a time: a task that
 * begins cancels the others, a run that begins cancels all of them, and none begins while a run is running.
 */
export class ShortTasks {
  private readonly cancels = new Map<ShortTask, () => Promise<unknown>>();

  /** @param runHere id of the run that runs in this tab */
  constructor(
    private readonly lock: Pick<RunLock, 'holder'>,
    private readonly runHere: () => string | null,
  ) {}

  /** @param cancel resolves when the task's device is free, at once if it has none */
  add(task: ShortTask, cancel: () => Promise<unknown>): void {
    this.cancels.set(task, cancel);
  }

  /** Cancels all other tasks. Resolves when the task can begin. @throws LabError running-elsewhere */
  async begin(task: ShortTask): Promise<void> {
    await this.cancelAll(task);
    await this.requireNoRun(WHY_NOT[task]);
  }

  /** Resolves when the devices of all tasks are free. */
  async cancelAll(except?: ShortTask): Promise<void> {
    await Promise.all([...this.cancels].map(([task, cancel]) => (task === except ? null : cancel())));
  }

  /**
   * @param why the second half of the sentence “Stop it first, or let it end: …”
   * @throws LabError running-elsewhere
   */
  async requireNoRun(why: string): Promise<void> {
    const holder = await this.lock.holder();
    if (holder === null && this.runHere() === null) return;
    throw new LabError(
      'running-elsewhere',
      holder?.here === false ? 'A run is running in another tab.' : 'A run is running in this tab.',
      `Stop it first, or let it end: ${why}.`,
    );
  }
}
