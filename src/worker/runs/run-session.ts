import type { RunJudges } from '../../judges/openers';
import { isJudgeFailure, LabError, toFailure } from '../../lib/errors';
import { recipeHash } from '../../recipe/encoding';
import type { LabEvent } from '../../records/events';
import type { Progress } from '../../records/progress';
import type { Prompt } from '../../records/prompts';
import type { RunSummary, Warning } from '../../records/runs';
import { Loop } from '../../tpo/loop';
import type { Policy, PolicyFactory } from '../../tpo/policy';
import type { RunStore } from '../../tpo/store';

/** What a run is made of, given from outside so that it can be tested without a GPU. */
export interface RunServices {
  readonly store: RunStore;
  /** Brings its own device: a new one each time. */
  readonly openPolicy: PolicyFactory;
  /**
   * Loads by the time it first scores; a load that failed is tried again by the next score.
   * @param policy the run's, for a judge on its weights; null while there is none
   */
  openJudges(run: RunSummary, policy: () => Policy | null): Promise<RunJudges>;
  /** A judge's limit, reached, is as far away again. @throws LabError no-storage, storage-full */
  renewSpending(runId: string): Promise<void>;
  /** Whether judges that take so many bytes have to give them back before a policy of this size trains. */
  judgesYield(policyBytes: number, judgeBytes: number): boolean;
  /** @throws LabError not-found, bad-prompts */
  prompts(set: string): Promise<readonly Prompt[]>;
  emit(event: LabEvent): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** How long it waits for votes before it looks again: they may come from another tab. Milliseconds. */
const LOOK_MS = 2000;

/** So often in a row, with nothing stored in between, a lost device is replaced. */
const RECOVERIES = 3;

/** A run from the moment it is started or gone on with until it ends: steps the loop, and decides what an error means. */
export class RunSession {
  private wanted: 'run' | 'pause' | 'stop' = 'run';
  /** Units asked for while paused, each to be told when it is done. */
  private asked: (() => void)[] = [];
  private wake: () => void = () => {};
  /** Counts what ends the wait for votes. */
  private news = 0;
  private hear: () => void = () => {};
  private loop: Loop | null = null;
  private judges: RunJudges | null = null;
  private policy: Policy | null = null;
  private losses = 0;

  constructor(
    private run: RunSummary,
    private readonly services: RunServices,
  ) {}

  /** Takes effect after the unit under way. */
  pause(): void {
    if (this.wanted === 'run') this.wanted = 'pause';
    this.tell();
  }

  unpause(): void {
    if (this.wanted === 'pause') this.wanted = 'run';
    this.wake();
  }

  /** One unit, then paused. Resolves when it is done, or when the run has ended. */
  stepOnce(): Promise<void> {
    this.pause();
    return new Promise((resolve) => {
      this.asked.push(resolve);
      this.wake();
    });
  }

  /** What is half written is given up. */
  stop(): void {
    this.wanted = 'stop';
    this.wake();
    this.tell();
    void this.loop?.interrupt();
    // It may be waiting for an answer.
    this.closeJudges();
  }

  /** A person has voted. */
  voted(): void {
    this.tell();
  }

  /** To the end. Never rejects: an error becomes the run's failure. */
  async drive(): Promise<void> {
    try {
      const judges = await this.openJudges();
      if (judges === null) await this.change({ status: 'stopped', failure: null });
      else while (!(await this.attempt(judges)));
    } catch (error) {
      // What cannot be stored any more has still been told.
      await this.change({ status: 'failed', failure: toFailure(error) }).catch(() => {});
    } finally {
      this.closeJudges();
      this.answer(this.asked.length);
    }
  }

  /** The run waits where one cannot be opened, as it does for a verdict. null: it was stopped meanwhile. */
  private async openJudges(): Promise<RunJudges | null> {
    const stopped = () => this.wanted === 'stop';
    while (!stopped()) {
      try {
        this.judges = await this.services.openJudges(this.run, () => this.policy);
        return stopped() ? null : this.judges;
      } catch (error) {
        if (stopped()) return null;
        if (!isJudgeFailure(error)) throw error;
        this.giveWay();
        await this.waitPaused(error);
      }
      if (!stopped()) await this.change({ status: 'running', failure: null });
    }
    return null;
  }

  /** Paused by what failed, whoever waits for a unit. */
  private giveWay(): void {
    this.wanted = 'pause';
    this.answer(this.asked.length);
  }

  /** From the last commit on, with one device. Returns false when that was lost and another is to be tried. */
  private async attempt(judges: RunJudges): Promise<boolean> {
    const { services } = this;
    try {
      const policy = await services.openPolicy(this.run.recipe, (done, total) => this.loading(done, total));
      this.policy = policy;
      this.loop = await this.open(policy, judges);
      const status = await this.units(this.loop);
      const { planned, peak } = policy.memory;
      await this.change({ status, failure: null, memory: { planned, peak: peak() } });
      return true;
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'device-lost')) throw error;
      if (this.wanted === 'stop') {
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
      judgesYield: judgeBytes > 0 && services.judgesYield(policy.memory.planned, judgeBytes),
      store,
      emit,
      now,
    });
  }

  private async units(loop: Loop): Promise<'finished' | 'stopped'> {
    for (;;) {
      if (this.wanted === 'stop') {
        await loop.interrupt();
        return 'stopped';
      }
      if (this.wanted === 'pause' && this.asked.length === 0) {
        await loop.interrupt();
        await this.waitPaused(null);
      } else {
        const ended = await this.unit(loop);
        if (ended) return 'finished';
      }
    }
  }

  /** Returns whether that was the last. */
  private async unit(loop: Loop): Promise<boolean> {
    const single = this.wanted === 'pause';
    const { news } = this;
    if (this.run.status !== 'running') {
      // Here, where one thing happens at a time: however often the reader says to go on, it is once.
      if (this.run.failure?.code === 'judge-limit') await this.services.renewSpending(this.run.id);
      await this.change({ status: 'running', failure: null });
    }
    try {
      const outcome = await loop.step(!single);
      if (outcome === 'stored') this.losses = 0;
      if (single) this.answer(1);
      else if (outcome === 'waiting') await this.waitForVotes(news);
      return outcome === 'finished';
    } catch (error) {
      if (!isJudgeFailure(error)) throw error;
      if (this.wanted === 'stop') return false;
      this.giveWay();
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
    if (this.wanted === 'pause' && this.asked.length === 0) await woken;
  }

  private tell(): void {
    this.news++;
    this.hear();
  }

  /** Until a person has voted, or asks for something else. @param seen news when it was looked for votes */
  private async waitForVotes(seen: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.hear = resolve;
      timer = setTimeout(resolve, this.news === seen ? LOOK_MS : 0);
    });
    clearTimeout(timer);
  }

  private closeJudges(): void {
    const { judges } = this;
    for (const judge of new Set(judges && [judges.training, judges.evaluation])) judge.dispose();
  }

  private answer(count: number): void {
    for (const done of this.asked.splice(0, count)) done();
  }

  private loading(done: number, total: number): void {
    const { iterations } = this.run.recipe;
    const progress: Progress = {
      phase: 'load',
      iteration: this.run.iterations,
      iterations,
      arm: null,
      done,
      total,
      unit: 'tensors',
      tokensPerSecond: null,
      secondsLeft: null,
    };
    this.services.emit({ type: 'progress', progress });
  }

  /** The page is told even where it cannot be stored (a full disk). */
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
  message: `The graphics device was lost (${losses} of at most ${RECOVERIES} times in a row): the run goes on from its last training step or prompt.`,
  advice:
    'If this happens again and again, lower lanes or pairs per step, or close other programs that use the graphics device.',
  field: 'lanes',
});
