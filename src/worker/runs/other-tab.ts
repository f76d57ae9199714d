import type { RunLock } from '../../storage/runs/run-lock';

/** Notices that another tab runs something, and that it has ended, however it ended. */
export class Elsewhere {
  private watched: string | null = null;

  constructor(
    private readonly lock: Pick<RunLock, 'holder' | 'whenFree'>,
    /** Told the run's id when another tab runs it, null when no other tab runs any more. */
    private readonly tell: (runId: string | null, before: string | null) => void,
  ) {}

  /** Looks now, and waits for the end of what it finds. */
  async look(): Promise<void> {
    const holder = await this.lock.holder();
    if (holder === null || holder.here || this.watched !== null) return;
    this.watched = holder.runId;
    this.tell(holder.runId, null);
    await this.lock.whenFree(new AbortController().signal);
    const before = this.watched;
    this.watched = null;
    this.tell(null, before);
  }
}
