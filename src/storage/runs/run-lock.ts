/**
 * At most one run runs per origin. The lock is a Web Lock: the browser releases it when the tab or worker that holds
 * it ends, however that happens, so there is nothing to clean up and no heartbeat.
 */
import { LabError } from '../../lib/errors';

/** Long enough for the worker of a reloaded page to end. */
const PATIENCE_MS = 2000;

export interface Holder {
  readonly runId: string;
  /** Whether this tab holds the lock. */
  readonly here: boolean;
}

export class RunLock {
  /** Name of the lock. A second lock with the run's id appended says which run it is. */
  private readonly name: string;
  private runId: string | null = null;

  constructor(scope = 'thinking-lab') {
    this.name = `${scope}/running`;
  }

  /**
   * Takes the lock for a run. The returned function releases it.
   * @throws LabError running-elsewhere
   */
  async hold(runId: string): Promise<() => Promise<void>> {
    if (await this.holder()) throw inOtherTab();
    const outer = await acquire(this.name, AbortSignal.timeout(PATIENCE_MS));
    const inner = await acquire(this.nameOf(runId));
    this.runId = runId;
    return async () => {
      this.runId = null;
      await inner();
      await outer();
    };
  }

  /** The run that is running now, in any tab. Null if there is none. */
  async holder(): Promise<Holder | null> {
    const { held = [] } = await locks().query();
    const prefix = this.nameOf('');
    const name = held.find((lock) => lock.name?.startsWith(prefix))?.name;
    if (name === undefined) return null;
    const runId = name.slice(prefix.length);
    return { runId, here: runId === this.runId };
  }

  /** Resolves when no run is running in any tab. @throws the signal's reason when it aborts */
  async whenFree(signal: AbortSignal): Promise<void> {
    await locks().request(this.name, { mode: 'shared', signal }, () => undefined);
  }

  private nameOf(runId: string): string {
    return `${this.name}/${runId}`;
  }
}

function locks(): LockManager {
  if (!navigator.locks) {
    throw new LabError(
      'no-storage',
      'This browser cannot prevent two tabs from running the same run.',
      'Open the page over https or from localhost, in an up-to-date browser.',
    );
  }
  return navigator.locks;
}

/** @returns a function that releases the lock, and resolves when it is free */
function acquire(name: string, signal?: AbortSignal): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const ended = locks().request(name, signal ? { signal } : {}, () => {
      return new Promise<void>((end) => {
        resolve(async () => {
          end();
          await ended;
        });
      });
    });
    ended.catch((error: unknown) => reject(signal?.aborted ? inOtherTab() : error));
  });
}

function inOtherTab(): LabError {
  return new LabError(
    'running-elsewhere',
    'A run is already running in another tab.',
    'Only one run can run at a time. Watch it here, or stop it in the other tab first.',
  );
}
