import type { RunJudges } from '../../judges/openers';
import { isJudgeFailure, LabError, toFailure } from '../../lib/errors';
import { AUTO } from '../../recipe/declare';
import { recipeHash } from '../../recipe/encoding';
import type { LabEvent } from '../../records/events';
import type { OpeningProgress, Progress, Warning } from '../../records/progress';
import type { Prompt } from '../../records/prompts';
import type { RunSummary } from '../../records/runs';
import { Loop } from '../../tpo/loop';
import type { Policy, PolicyFactory } from '../../tpo/policy';
import type { RunStore } from '../../tpo/store';
import { chosenRecipe } from './stored-runs';

/** Everything that a run needs from outside, so that it can be tested without a GPU. */
export interface RunServices {
  readonly store: RunStore;
  /** Opens a policy on a new device each time. */
  readonly openPolicy: PolicyFactory;
  /**
   * A judge that has a model loads it by the first call of `score`, and tries again in the next call if that failed.
   * @param policy the run's policy, for a judge that uses its weights. Null while none is open
   */
  openJudges(run: RunSummary, policy: () => Policy | null): Promise<RunJudges>;
  /**
   * Lets a judge that has reached its limit of calls or tokens use as many again.
   * @throws LabError no-storage, storage-full
   */
  renewSpending(runId: string): Promise<void>;
  /** Whether judges must free their memory before the policy trains, because both together do not fit. */
  judgesMustFreeMemory(policyBytes: number, judgeBytes: number): boolean;
  /** @throws LabError not-found, bad-prompts */
  prompts(set: string): Promise<readonly Prompt[]>;
  emit(event: LabEvent): void;
  /** A monotonic clock in milliseconds. */
  now(): number;
}

/** A run that waits for votes looks for them this often, because they may come from another tab. Milliseconds. */
const LOOK_MS = 2000;

/** The things that the progress of opening a policy counts. */
const COUNTS = { lanes: 'tried', tune: 'kernels', load: 'tensors' } as const;

/** A lost device is replaced this many times in a row while nothing is stored in between. */
const RECOVERIES = 3;

/**
 * A run from its start, or from the moment it is resumed, to its end. Steps the loop and decides what an error means.
 */
export class RunSession {
  private requested: 'run' | 'pause' | 'stop' = 'run';
  /** Called when a unit is done that `stepOnce` has asked for. */
  private asked: (() => void)[] = [];
  /** Ends the pause. */
  private wake: () => void = () => {};
  /** Counts the votes and commands that end the wait for votes. */
  private signals = 0;
  private endWaitForVotes: () => void = () => {};
  private loop: Loop | null = null;
  private judges: RunJudges | null = null;
  private policy: Policy | null = null;
  private losses = 0;
  /** Cancels the opening of a policy. */
  private readonly stopping = new AbortController();

  constructor(
    private run: RunSummary,
    private readonly services: RunServices,
  ) {}

  /** Takes effect after the present unit. */
  pause(): void {
    if (this.requested === 'run') this.requested = 'pause';
    this.signal();
  }

  unpause(): void {
    if (this.requested === 'pause') this.requested = 'run';
    this.wake();
  }

  /** Does one unit, then pauses. Resolves when the unit is done or the run has ended. */
  stepOnce(): Promise<void> {
    this.pause();
    return new Promise((resolve) => {
      this.asked.push(resolve);
      this.wake();
    });
  }

  /** Discards the completions that are being written. */
  stop(): void {
    this.requested = 'stop';
    this.stopping.abort(new LabError('cancelled', 'The run was stopped.'));
    this.wake();
    this.signal();
    void this.loop?.interrupt();
    // The run may be waiting for a judge.
    this.closeJudges();
  }

  /** Call this when a person has voted. */
  voted(): void {
    this.signal();
  }

  /** Runs to the end. Never rejects: an error becomes the run's failure. */
  async drive(): Promise<void> {
    try {
      const judges = await this.openJudges();
      if (judges === null) await this.change({ status: 'stopped', failure: null });
      else while (!(await this.attempt(judges)));
    } catch (error) {
      // If this cannot be stored, the page has still been informed.
      await this.change({ status: 'failed', failure: toFailure(error) }).catch(() => {});
    } finally {
      this.closeJudges();
      this.resolveUnits(this.asked.length);
    }
  }

  /** Pauses the run while a judge cannot be opened. Null if the run was stopped in the meantime. */
  private async openJudges(): Promise<RunJudges | null> {
    const stopped = () => this.requested === 'stop';
    while (!stopped()) {
      try {
        this.judges = await this.services.openJudges(this.run, () => this.policy);
        return stopped() ? null : this.judges;
      } catch (error) {
        if (stopped()) return null;
        if (!isJudgeFailure(error)) throw error;
        this.pauseForFailure();
        await this.waitPaused(error);
      }
      if (!stopped()) await this.change({ status: 'running', failure: null });
    }
    return null;
  }

  /** Also resolves the units that were asked for. */
  private pauseForFailure(): void {
    this.requested = 'pause';
    this.resolveUnits(this.asked.length);
  }

  /**
   * Runs from the last commit on with one device. Returns false if the device was lost and another should be tried.
   */
  private async attempt(judges: RunJudges): Promise<boolean> {
    const { services } = this;
    try {
      const policy = await services.openPolicy(chosenRecipe(this.run), {
        onProgress: (progress) => this.opening(progress),
        signal: this.stopping.signal,
        runId: this.run.id,
      });
      this.policy = policy;
      if (this.run.recipe.lanes === AUTO && this.run.lanes === undefined) await this.keepLanes(policy.lanes);
      this.loop = await this.open(policy, judges);
      const status = await this.units(this.loop);
      const { planned, peak } = policy.memory;
      await this.change({ status, failure: null, memory: { planned, peak: peak() } });
      return true;
    } catch (error) {
      const cancelled = this.stopping.signal.aborted && error === this.stopping.signal.reason;
      if (!cancelled && !(error instanceof LabError && error.code === 'device-lost')) throw error;
      if (this.requested === 'stop') {
        await this.change({ status: 'stopped', failure: null });
        return true;
      }
      if (++this.losses > RECOVERIES) throw error;
      services.emit({ type: 'warning', warning: recovering(this.losses) });
      return false;
    } finally {
      this.loop = null;
      this.policy?.dispose();
      this.policy = null;
    }
  }

  /** Stores the number of lanes that was chosen, before anything is generated with it. */
  private async keepLanes(lanes: number): Promise<void> {
    const { store, emit } = this.services;
    await store.update(this.run.id, { lanes });
    this.run = { ...this.run, lanes };
    emit({ type: 'run', run: this.run });
  }

  private async open(policy: Policy, { training, evaluation }: RunJudges): Promise<Loop> {
    const { run, services } = this;
    const { store, emit, now } = services;
    const prompts = await services.prompts(run.recipe.prompts);
    const heldout = await services.prompts(run.recipe.heldout);
    const judgeBytes = [...new Set([training, evaluation])].reduce((sum, { memory = 0 }) => sum + memory, 0);
    return Loop.open({
      run,
      recipeHash: await recipeHash(run.recipe),
      prompts,
      heldout,
      policy,
      judge: training,
      evaluationJudge: evaluation,
      judgesMustFreeMemory: judgeBytes > 0 && services.judgesMustFreeMemory(policy.memory.planned, judgeBytes),
      store,
      emit,
      now,
    });
  }

  private async units(loop: Loop): Promise<'finished' | 'stopped'> {
    for (;;) {
      if (this.requested === 'stop') {
        await loop.interrupt();
        return 'stopped';
      }
      if (this.requested === 'pause' && this.asked.length === 0) {
        await loop.interrupt();
        await this.waitPaused(null);
      } else {
        const ended = await this.unit(loop);
        if (ended) return 'finished';
      }
    }
  }

  /** Does one unit. Returns whether it was the last. */
  private async unit(loop: Loop): Promise<boolean> {
    const single = this.requested === 'pause';
    const { signals } = this;
    if (this.run.status !== 'running') {
      // Renewed here and not in `unpause`, so that several calls of `unpause` renew it once.
      if (this.run.failure?.code === 'judge-limit') await this.services.renewSpending(this.run.id);
      await this.change({ status: 'running', failure: null });
    }
    try {
      const outcome = await loop.step(!single);
      if (outcome === 'stored') this.losses = 0;
      if (single) this.resolveUnits(1);
      else if (outcome === 'waiting') await this.waitForVotes(signals);
      return outcome === 'finished';
    } catch (error) {
      if (!isJudgeFailure(error)) throw error;
      if (this.requested === 'stop') return false;
      this.pauseForFailure();
      await loop.interrupt();
      await this.waitPaused(error);
      return false;
    }
  }

  private async waitPaused(reason: LabError | null): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    await this.change({ status: 'paused', failure: reason && toFailure(reason) });
    if (this.requested === 'pause' && this.asked.length === 0) await woken;
  }

  private signal(): void {
    this.signals++;
    this.endWaitForVotes();
  }

  /**
   * Waits until a person votes or commands something.
   * @param seen the count of signals before votes were last looked for
   */
  private async waitForVotes(seen: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.endWaitForVotes = resolve;
      timer = setTimeout(resolve, this.signals === seen ? LOOK_MS : 0);
    });
    clearTimeout(timer);
  }

  private closeJudges(): void {
    const { judges } = this;
    for (const judge of new Set(judges && [judges.training, judges.evaluation])) judge.dispose();
  }

  private resolveUnits(count: number): void {
    for (const done of this.asked.splice(0, count)) done();
  }

  private opening({ phase, done, total }: OpeningProgress): void {
    const { iterations } = this.run.recipe;
    const progress: Progress = {
      phase,
      iteration: this.run.iterations,
      iterations,
      arm: null,
      done,
      total,
      counts: COUNTS[phase],
      tokensPerSecond: null,
      secondsLeft: null,
    };
    this.services.emit({ type: 'progress', progress });
  }

  /** The page is informed even if the change cannot be stored because the disk is full. */
  private async change(change: Pick<RunSummary, 'status' | 'failure' | 'memory'>): Promise<void> {
    const { store, emit } = this.services;
    const changed = { ...change, updated: Date.now() };
    this.run = { ...this.run, ...changed };
    try {
      await store.update(this.run.id, changed);
      this.run = (await store.get(this.run.id)) ?? this.run;
    } finally {
      emit({ type: 'run', run: this.run });
    }
  }
}

const recovering = (losses: number): Warning => ({
  code: 'device-recovered',
  message:
    `The graphics device was lost (${losses} of at most ${RECOVERIES} times in a row). ` +
    'The run continues from its last training step or prompt.',
  advice:
    'If this happens often, lower lanes or pairs per step, or close other programs that use the graphics device.',
  field: 'lanes',
});
