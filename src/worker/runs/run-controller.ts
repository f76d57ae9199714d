import { LabError } from '../../lib/errors';
import type { Progress } from '../../records/progress';
import type { RunSummary } from '../../records/runs';
import type { RunLock } from '../../storage/runs/run-lock';
import type { RunServices, RunSession } from './run-session';

interface Running {
  readonly runId: string;
  readonly session: RunSession;
  readonly ended: Promise<void>;
}

/** The one run that runs in this tab, if any; the lock says that none runs in another. */
export class RunController {
  private running: Running | null = null;
  private lastProgress: Progress | null = null;
  private told: RunSummary | null = null;
  private readonly services: RunServices;

  constructor(
    services: RunServices,
    private readonly lock: Pick<RunLock, 'hold'>,
  ) {
    this.services = {
      ...services,
      emit: (event) => {
        if (event.type === 'progress') this.lastProgress = event.progress;
        if (event.type === 'run') this.told = event.run;
        services.emit(event);
      },
    };
  }

  get runId(): string | null {
    return this.running?.runId ?? null;
  }

  /** How a run of this tab ended, also where a full disk kept that from being stored. */
  endOf(runId: string): Pick<RunSummary, 'status' | 'failure'> {
    const told = this.told?.id === runId && this.told.status === 'failed' ? this.told : null;
    return { status: told?.status ?? 'stopped', failure: told?.failure ?? null };
  }

  /** Of the run that runs here. */
  get progress(): Progress | null {
    return this.running && this.lastProgress;
  }

  /**
   * Begins or goes on with a run. Resolves when its record is stored; the rest is told by events.
   * @param record stores that the run runs, and returns its summary
   * @throws LabError running-elsewhere, and what `record` throws; then nothing was begun
   */
  async begin(runId: string, record: () => Promise<RunSummary>): Promise<RunSummary> {
    if (this.running) {
      throw new LabError(
        'running-elsewhere',
        'A run is already running in this tab.',
        'Stop it first: one run at a time.',
      );
    }
    // What a run needs comes with the first one.
    const { RunSession: Session } = await import('./run-session');
    const release = await this.lock.hold(runId);
    let run: RunSummary;
    try {
      run = await record();
    } catch (error) {
      await release();
      throw error;
    }
    const session = new Session(run, this.services);
    this.lastProgress = null;
    this.services.emit({ type: 'run', run });
    const ended = session.drive().then(async () => {
      await release();
      this.running = null;
    });
    this.running = { runId, session, ended };
    return run;
  }

  pause(): void {
    this.running?.session.pause();
  }

  unpause(): void {
    this.running?.session.unpause();
  }

  async stepOnce(): Promise<void> {
    await this.running?.session.stepOnce();
  }

  /** A person has voted in a run, which may be this tab's. */
  voted(runId: string): void {
    if (this.running?.runId === runId) this.running.session.voted();
  }

  /** Resolves when the run has ended and its lock is free. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.running.session.stop();
    await this.running.ended;
  }
}
