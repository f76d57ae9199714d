import { LabError } from '../../lib/errors';
import type { Progress } from '../../records/progress';
import type { RunSummary } from '../../records/runs';
import type { RunLock } from '../../storage/runs/run-lock';
import { load } from '../lazy-modules';
import type { RunServices, RunSession } from './run-session';

interface Running {
  readonly runId: string;
  readonly session: RunSession;
  readonly ended: Promise<void>;
}

/** The run that is running in this tab, if any. The lock makes sure that no other tab runs one. */
export class RunController {
  private running: Running | null = null;
  private lastProgress: Progress | null = null;
  private lastSummary: RunSummary | null = null;
  private readonly services: RunServices;

  constructor(
    services: RunServices,
    private readonly lock: Pick<RunLock, 'hold'>,
  ) {
    this.services = {
      ...services,
      emit: (event) => {
        if (event.type === 'progress') this.lastProgress = event.progress;
        if (event.type === 'run') this.lastSummary = event.run;
        services.emit(event);
      },
    };
  }

  get runId(): string | null {
    return this.running?.runId ?? null;
  }

  /** How a run of this tab ended. Also known if a full disk prevented that from being stored. */
  endOf(runId: string): Pick<RunSummary, 'status' | 'failure'> {
    const last = this.lastSummary;
    const failed = last?.id === runId && last.status === 'failed' ? last : null;
    return { status: failed?.status ?? 'stopped', failure: failed?.failure ?? null };
  }

  /** Progress of the running run. */
  get progress(): Progress | null {
    return this.running && this.lastProgress;
  }

  /**
   * Starts or resumes a run. Resolves when its record is stored; events report everything after that.
   * @param record stores that the run is running, and returns its summary
   * @throws LabError running-elsewhere, and what `record` throws; then nothing was started
   */
  async begin(runId: string, record: () => Promise<RunSummary>): Promise<RunSummary> {
    if (this.running) {
      throw new LabError(
        'running-elsewhere',
        'A run is already running in this tab.',
        'Stop it first: one run at a time.',
      );
    }
    const { RunSession: Session } = await load.runSession();
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

  /** Call this when a person has voted in any run. A run that waits for votes then looks for them at once. */
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
