import { assert } from '../lib/assert';
import { at } from '../lib/at';
import { isJudgeFailure, LabError } from '../lib/errors';
import type { Arm } from '../recipe/recipe';
import type { CellName, Purpose } from '../records/candidates';
import type { Checkpoint } from '../records/checkpoints';
import type { LabEvent } from '../records/events';
import type { Prompt } from '../records/prompts';
import { type Cell, cellsOf } from './arm-iteration';
import { CellEvaluation } from './evaluation/arm-evaluation';
import { stoppedBefore } from './evaluation/best-checkpoint';
import { type BlockProgress, PromptBlock, type Votes } from './generation/rollout-batch';
import { RunPrompts } from './generation/run-prompts';
import { summarizeIteration } from './iteration-summary';
import { controlPositions } from './judging/control-positions';
import { judgeFacts } from './judging/judge-facts';
import { votesOf } from './judging/votes';
import { LoopProgress } from './progress/loop-progress';
import { RunLog } from './run-log';
import { CellTraining, type TrainingParts } from './training/arm-training';
import { hasWarmUp } from './training/warm-up';
import { leakWarnings, stepWarnings } from './warnings/warnings';

export interface LoopParts extends TrainingParts {
  /** All training prompts, in the order of their set. */
  readonly prompts: readonly Prompt[];
  /** All held-out prompts. */
  readonly heldout: readonly Prompt[];
  emit(event: LabEvent): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * `interrupted`: nothing was stored, because `interrupt` was called meanwhile. `waiting`: nothing can be done before a person has
 * voted.
 */
export type StepOutcome = 'stored' | 'interrupted' | 'waiting' | 'finished';

/**
 * The loop of one run, as a state machine: each `step` does one unit of work and stores it. What is next follows from the recipe and the
 * stored records alone, so a loop opened after any interruption does what the uninterrupted one would have done.
 *
 * Each arm's seed model is evaluated and, where the recipe says so, warmed up: candidates, prompt by prompt → SFT steps on those that are
 * well-formed. Then for every iteration and arm: candidates, scores and pairs, prompt by prompt → the pairs' reference
 * log-probabilities → optimiser steps → the adapter kept → evaluation, prompt by prompt → summed up.
 */
export class Loop {
  /** The cell under way, and the one behind it where that is already written. */
  private readonly cells: Cell[] = [];
  private readonly progress: LoopProgress;
  private readonly training: CellTraining;
  private readonly evaluation: CellEvaluation;
  private closedIterations: number;
  private broken = false;
  private factsTold = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly parts: LoopParts,
    private readonly prompts: RunPrompts,
    private readonly heads: Map<Arm, Checkpoint>,
    /** Cells not yet closed, the one under way first. */
    private readonly ahead: CellName[],
    private readonly log: RunLog,
  ) {
    const { recipe } = parts.run;
    this.closedIterations = parts.run.iterations;
    this.progress = new LoopProgress(
      recipe,
      prompts.heldout(at(recipe.arms, 0)).length,
      ahead,
      this.cells,
      {
        train: parts.judge.pace ?? 'at-once',
        evaluate: parts.evaluationJudge.pace ?? 'at-once',
        compares: parts.evaluationJudge.relative ?? false,
      },
      (progress) => parts.emit({ type: 'progress', progress }),
      () => parts.now(),
    );
    this.training = new CellTraining(parts, log, this.progress, heads);
    this.evaluation = new CellEvaluation(parts, log, this.progress);
  }

  /**
   * Reads what is stored of the run and brings the policy to where it was.
   * @throws LabError prompt-too-long, bad-prompts, bad-recipe, bad-file (a damaged checkpoint), and what policy and store throw
   */
  static async open(parts: LoopParts): Promise<Loop> {
    const { run, policy, store, recipeHash } = parts;
    const { recipe } = run;
    const prompts = await RunPrompts.encode(policy, recipe, parts.prompts, parts.heldout);
    const stored = await store.detail(run.id);
    const evaluations = stored?.evaluations ?? [];
    const seeds = evaluations.filter((place) => place.iteration === 0 && !hasWarmUp(recipe, place));
    const closed = new Set([...seeds, ...(stored?.iterations ?? [])].map(keyOf));
    const ahead = cellsOf(recipe).filter(
      (cell) => !closed.has(keyOf(cell)) && !stoppedBefore(recipe, evaluations, cell),
    );
    const heads = new Map<Arm, Checkpoint>();
    for (const arm of recipe.arms) {
      let head = await store.head(run.id, arm);
      if (!head) {
        head = {
          arm,
          iteration: 1,
          step: 0,
          state: await policy.initialState(arm, recipe.seed),
          reference: null,
          recipeHash,
        };
        await store.commit(run.id, head, null);
      }
      if (head.recipeHash !== recipeHash) {
        throw new LabError(
          'bad-recipe',
          'The stored checkpoint was made by another recipe.',
          'Start a new run with this one.',
        );
      }
      // The policy has moments for one arm only: they belong to the one that is in the middle of its steps.
      const inTraining = ahead[0] !== undefined && keyOf(head) === keyOf(ahead[0]);
      await policy.setState(arm, inTraining ? head.state : { ...head.state, m: null, v: null, step: 0 });
      heads.set(arm, head);
    }
    const log = new RunLog(run.id, store, (event) => parts.emit(event), stored);
    const loop = new Loop(parts, prompts, heads, ahead, log);
    await log.warn(leakWarnings(prompts.leftOut, parts.prompts.length));
    await loop.countIterations();
    return loop;
  }

  /**
   * One unit of work, stored. `ahead`: the policy may go on writing while other units are done; without it, it is idle afterwards.
   * @throws LabError judge-failed: the loop is where it was, `step` tries again. After any other error open a new loop.
   */
  async step(ahead = true): Promise<StepOutcome> {
    assert(!this.broken, 'this loop has failed: open a new one');
    try {
      return await this.unit(ahead);
    } catch (error) {
      this.broken = !isJudgeFailure(error);
      throw error;
    }
  }

  /** Has the unit under way end soon; resolves when the policy writes no more. Only what is half written is lost. */
  async interrupt(): Promise<void> {
    for (const { training, evaluation } of this.cells) {
      await training?.interrupt();
      await evaluation.interrupt();
    }
    this.progress.pause();
  }

  private async unit(ahead: boolean): Promise<StepOutcome> {
    const cell = await this.cellAt(0);
    if (!cell) return 'finished';
    const votes = cell.training?.unwritten === 0 ? await this.votes(cell) : NO_VOTES;
    if (cell.training?.waits(votes)) return this.meanwhile(cell, cell.training, votes, ahead);
    // What is written ahead waits: the policy does one thing at a time.
    await this.cells[1]?.training?.interrupt();
    return this.advance(cell, votes, ahead);
  }

  private async advance(cell: Cell, votes: Votes, ahead: boolean): Promise<StepOutcome> {
    const { training, evaluation } = cell;
    if (training && cell.iteration > 0) {
      if (training.left > 0) return this.roll(cell, training, 'train', ahead, votes);
      if (await this.training.prefer(cell, training)) return 'stored';
    }
    if (evaluation.left > 0) return this.roll(cell, evaluation, 'evaluate', ahead);
    if (await this.evaluation.compare(cell)) return 'stored';
    if (training && cell.iteration === 0) {
      if (!cell.evaluated) {
        await this.evaluation.sumUp(cell);
        return 'stored';
      }
      if (training.left > 0) return this.roll(cell, training, 'warm-up', ahead);
      if (await this.training.imitate(cell, training)) return 'stored';
    }
    return this.close(cell);
  }

  /** While an iteration waits for a person the other arm's candidates are written: arms share nothing but the prompts. */
  private async meanwhile(cell: Cell, block: PromptBlock, votes: Votes, ahead: boolean): Promise<StepOutcome> {
    const next = await this.cellAt(1);
    if (next?.training && next.arm !== cell.arm && next.training.unwritten > 0)
      return this.roll(next, next.training, 'train', ahead);
    const ballots = block.ballots();
    const voted = ballots.filter(({ position }) => votes.has(position)).length;
    this.progress.pause();
    this.progress.report('vote', cell, voted, ballots.length, 'prompts');
    return 'waiting';
  }

  /** Of a cell that waits for some; none where nobody is asked. */
  private async votes(cell: CellName & Pick<Cell, 'training'>): Promise<Votes> {
    const asked = cell.training !== null && cell.training.ballots().length > 0;
    return asked ? votesOf(await this.parts.store.votes(this.parts.run.id), cell) : NO_VOTES;
  }

  private async cellAt(index: 0 | 1): Promise<Cell | null> {
    const name = this.ahead[index];
    if (!name) return null;
    this.cells[index] ??= await this.openCell(name);
    return this.cells[index];
  }

  private async openCell(name: CellName): Promise<Cell> {
    const { iteration, arm } = name;
    const { run, store } = this.parts;
    const warmUp = hasWarmUp(run.recipe, name);
    const training = iteration > 0 || warmUp ? await this.openBlock(name, warmUp ? 'warm-up' : 'train') : null;
    const evaluation = await this.openBlock(name, 'evaluate');
    for (const rollout of training?.settle() ?? []) await store.putRollout(run.id, rollout);
    const steps = this.log.stepsOf(name);
    for (let count = 1; count <= steps.length; count++)
      await this.log.warn(stepWarnings(steps.slice(0, count), run.recipe));
    const head = this.heads.get(arm);
    const begun = head?.iteration === iteration ? head : null;
    return {
      iteration,
      arm,
      training,
      evaluation,
      pairs: null,
      samples: null,
      batches: [],
      reference: begun?.reference ?? null,
      step: begun?.step ?? 0,
      kept: iteration === 0 || (await store.iterationAdapter(run.id, arm, iteration)) !== null,
      // Elsewhere the summary comes last, and is made again where closing was interrupted: its warnings may be missing.
      evaluated: warmUp && this.log.evaluationOf(name) !== null,
      referenceSeconds: 0,
    };
  }

  private async openBlock({ iteration, arm }: CellName, purpose: Purpose): Promise<PromptBlock> {
    const { run, store, policy, judge, evaluationJudge, emit, now } = this.parts;
    const { recipe } = run;
    const stored = await store.rollouts(run.id, { purpose, arm, iteration });
    this.progress.remember(stored);
    const prompts = purpose === 'evaluate' ? this.prompts.heldout(arm) : this.prompts.training(iteration, arm);
    const judges = { train: judge, evaluate: evaluationJudge, 'warm-up': null };
    // A judge of the evaluation alone is tested once a run.
    const once = evaluationJudge !== judge && iteration === 0 && arm === recipe.arms[0];
    const tested = purpose === 'train' || (purpose === 'evaluate' && once);
    const controls = controlPositions(tested ? recipe : { controls: 0 }, prompts.length);
    return new PromptBlock({ purpose, iteration, arm }, prompts, stored, recipe, policy, judges[purpose], controls, {
      tokens: (count) => this.progress.tokens(count),
      live: (live) => emit({ type: 'live', live }),
      now,
    });
  }

  private async roll(
    cell: Cell,
    block: PromptBlock,
    purpose: Purpose,
    ahead: boolean,
    votes: Votes = NO_VOTES,
  ): Promise<StepOutcome> {
    const { run, store, emit } = this.parts;
    const writes = block.unwritten > 0;
    const writing = purpose === 'evaluate' ? 'evaluate' : 'generate';
    const work = writes ? writing : 'judge';
    const report = (phase: 'generate' | 'judge' | 'evaluate') =>
      this.progress.report(phase, cell, block.size - (writes ? block.unwritten : block.left), block.size, 'prompts');
    this.progress.begin(work, cell.arm);
    report(work);
    let done: BlockProgress | null = null;
    try {
      done = await block.next(ahead, votes, () => report(purpose === 'evaluate' && writes ? writing : 'judge'));
      if (done && !ahead) await block.interrupt();
    } finally {
      this.progress.end(done ? 1 : 0);
    }
    if (!done) return 'interrupted';
    if (done.written) this.progress.countWritten(done.written);
    for (const rollout of done.rollouts) {
      await store.putRollout(run.id, rollout);
      this.progress.countPair(rollout);
      emit({ type: 'rollout', rollout });
    }
    if (purpose === 'train') this.tellFacts(cell, block);
    if (block.ballots().length > 0) emit({ type: 'ballots', runId: run.id, waiting: await this.ballotsWaiting() });
    report(work);
    return 'stored';
  }

  /** What is known of the judge before its iteration has closed: not after each prompt, for all those before are looked at. */
  private tellFacts({ iteration, arm }: CellName, block: PromptBlock): void {
    const { emit, now } = this.parts;
    if (block.left > 0 && now() - this.factsTold < FACTS_MS) return;
    const facts = judgeFacts(block.rollouts.flatMap((rollout) => rollout ?? []));
    if (facts === null) return;
    this.factsTold = now();
    emit({ type: 'judge-facts', iteration, arm, facts });
  }

  private async ballotsWaiting(): Promise<number> {
    let waiting = 0;
    for (const cell of this.cells) {
      const votes = await this.votes(cell);
      waiting += cell.training?.ballots().filter(({ position }) => !votes.has(position)).length ?? 0;
    }
    return waiting;
  }

  private async close(cell: Cell): Promise<StepOutcome> {
    const { iteration, arm, training, samples } = cell;
    if (!cell.evaluated) await this.evaluation.sumUp(cell);
    if (training && samples) {
      const place = { iteration, arm, seconds: { reference: 0, evaluate: 0 }, samples: samples.length };
      await this.log.addIteration(summarizeIteration(training.all(), this.log.sftSteps, place));
    } else if (training) {
      const seconds = { reference: cell.referenceSeconds, evaluate: this.log.evaluationOf(cell)?.seconds ?? 0 };
      const rollouts = await this.training.edited(training);
      await this.log.addIteration(summarizeIteration(rollouts, this.log.stepsOf(cell), { iteration, arm, seconds }));
    }
    this.cells.shift();
    this.ahead.shift();
    this.dropStopped();
    await this.countIterations();
    return 'stored';
  }

  /** An arm that has stopped takes part in no further iteration. */
  private dropStopped(): void {
    const goesOn = (cell: CellName) => !stoppedBefore(this.parts.run.recipe, this.log.evaluations, cell);
    this.ahead.splice(0, Infinity, ...this.ahead.filter(goesOn));
    this.cells.splice(0, Infinity, ...this.cells.filter(goesOn));
  }

  /** Keeps the run's count of iterations that every arm has closed. */
  private async countIterations(): Promise<void> {
    const { run, store, emit } = this.parts;
    const [next] = this.ahead;
    // Where all arms stopped early, fewer than the recipe has.
    const closed = next
      ? Math.max(0, next.iteration - 1)
      : Math.max(0, ...this.log.evaluations.map(({ iteration }) => iteration));
    if (closed === this.closedIterations) return;
    this.closedIterations = closed;
    await store.update(run.id, { iterations: closed });
    const updated = await store.get(run.id);
    if (updated) emit({ type: 'run', run: updated });
  }
}

const NO_VOTES: Votes = new Map();

/** Milliseconds from one word on the judge to the next. */
const FACTS_MS = 2000;

const keyOf = ({ iteration, arm }: CellName): string => `${iteration} ${arm}`;
