/**
 * One running run per origin. The browser's own locks: they end with the tab or the worker that holds them, however it dies,
 * so there is nothing to clean up and no heartbeat.
 */
import { LabError } from '../../lib/errors';

/** Long enough for a page that was reloaded to be gone. */
const PATIENCE_MS = 2000;

export interface Holder {
  readonly runId: string;
  /** Held by this very lock, not by another tab. */
  readonly here: boolean;
}

export class RunLock {
  /** One name for whoever runs anything, and one more that says which run. */
  private readonly name: string;
  private runId: string | null = null;

  constructor(scope = 'thinking-lab') {
    this.name = `${scope}/running`;
  }

  /**
   * Takes the lock for a run, until the returned function is called.
   * @throws LabError running-elsewhere
   */
  async hold(runId: string): Promise<() => Promise<void>> {
    if (await this.holder()) throw elsewhere();
    const outer = await acquire(this.name, AbortSignal.timeout(PATIENCE_MS));
    const inner = await acquire(this.nameOf(runId));
    this.runId = runId;
    return async () => {
      this.runId = null;
      await inner();
      await outer();
    };
  }

  /** The run that runs now, in whichever tab; null when none does. */
  async holder(): Promise<Holder | null> {
    const { held = [] } = await locks().query();
    const prefix = this.nameOf('');
    const name = held.find((lock) => lock.name?.startsWith(prefix))?.name;
    if (name === undefined) return null;
    const runId = name.slice(prefix.length);
    return { runId, here: runId === this.runId };
  }

  /** Resolves when no run runs, in any tab. @throws the signal's reason when it aborts */
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
      'This browser cannot keep two tabs from running the same run.',
      'Open the page over https or from localhost, in a browser of this decade.',
    );
  }
  return navigator.locks;
}

/** @returns what gives the lock back, resolving when others can have it */
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
    ended.catch((error: unknown) => reject(signal?.aborted ? elsewhere() : error));
  });
}

function elsewhere(): LabError {
  return new LabError(
    'running-elsewhere',
    'A run is already running in another tab.',
    'Watch it here, or stop it there first: one run at a time.',
  );
}
