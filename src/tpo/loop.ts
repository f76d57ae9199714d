import type { Judge } from '../judges/judge';
import { assert } from '../lib/assert';
import { at } from '../lib/at';
import { LabError } from '../lib/errors';
import type { Arm } from '../recipe/recipe';
import { learningRate } from '../recipe/schedule';
import type { LabEvent, RunSummary, Warning } from '../worker/protocol';
import { batches } from './batches';
import { type Cell, type CellName, cellsOf } from './cell';
import { summarizeEvaluation } from './evaluation';
import { summarizeIteration } from './iteration-summary';
import { LoopProgress } from './loop-progress';
import type { Policy } from './policy';
import { preferencePairs } from './preference-pairs';
import { PromptBlock } from './prompt-block';
import { RunPrompts } from './run-prompts';
import { notFinite, stepMetrics } from './step-metrics';
import type { Checkpoint, RunStore } from './store';
import type { Evaluation, PreferencePair, Prompt, Purpose, ReferenceLogps, Rollout, StepMetrics } from './types';
import { evaluationWarnings, rolloutWarnings, stepWarnings } from './warnings';

export interface LoopParts {
  readonly run: RunSummary;
  /** Of the recipe: a checkpoint that speaks of another one is not gone on with. */
  readonly recipeHash: string;
  /** All training prompts, in the order of their set. */
  readonly prompts: readonly Prompt[];
  /** All held-out prompts. */
  readonly heldout: readonly Prompt[];
  readonly policy: Policy;
  readonly judge: Judge;
  readonly store: RunStore;
  emit(event: LabEvent): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** `interrupted`: nothing was stored, because `interrupt` was called meanwhile. */
export type StepOutcome = 'stored' | 'interrupted' | 'finished';

/**
 * The loop of one run, as a state machine: each `step` does one unit of work and stores it. What is next follows from the recipe and the
 * stored records alone, so a loop opened after any interruption does what the uninterrupted one would have done.
 *
 * Each arm's seed model is evaluated; then for every iteration and arm: candidates, scores and pairs, prompt by prompt → the pairs'
 * reference log-probabilities → optimiser steps → the adapter kept → evaluation, prompt by prompt → summed up.
 */
export class Loop {
  private cell: Cell | null = null;
  private readonly progress: LoopProgress;
  private readonly warned: Set<string>;
  private closedIterations: number;
  private broken = false;

  private constructor(
    private readonly parts: LoopParts,
    private readonly prompts: RunPrompts,
    private readonly heads: Map<Arm, Checkpoint>,
    /** Cells not yet closed, the one under way first. */
    private readonly ahead: CellName[],
    private readonly steps: StepMetrics[],
    private readonly evaluations: Evaluation[],
    warnings: readonly Warning[],
  ) {
    const { recipe } = parts.run;
    this.warned = new Set(warnings.map(nameOf));
    this.closedIterations = parts.run.iterations;
    this.progress = new LoopProgress(
      recipe,
      prompts.heldout(at(recipe.arms, 0)).length,
      ahead,
      () => this.cell,
      (progress) => parts.emit({ type: 'progress', progress }),
      () => parts.now(),
    );
  }

  /**
   * Reads what is stored of the run and brings the policy to where it was.
   * @throws LabError prompt-too-long, bad-prompts, bad-recipe, bad-file (a damaged checkpoint), and what policy and store throw
   */
  static async open(parts: LoopParts): Promise<Loop> {
    const { run, policy, store, recipeHash } = parts;
    const { recipe } = run;
    const prompts = await RunPrompts.encode(policy, recipe, parts.prompts, parts.heldout);
    const { evaluations, iterations, steps, warnings } = (await store.detail(run.id)) ?? NOTHING_STORED;
    const closed = new Set([...evaluations.filter(({ iteration }) => iteration === 0), ...iterations].map(keyOf));
    const ahead = cellsOf(recipe).filter((cell) => !closed.has(keyOf(cell)));
    const heads = new Map<Arm, Checkpoint>();
    for (const arm of recipe.arms) {
      let head = await store.head(run.id, arm);
      if (!head) {
        head = { arm, iteration: 1, step: 0, state: await policy.initialState(arm, recipe.seed), reference: null, recipeHash };
        await store.commit(run.id, head, null);
      }
      if (head.recipeHash !== recipeHash) {
        throw new LabError('bad-recipe', 'The stored checkpoint was made by another recipe.', 'Start a new run with this one.');
      }
      // The policy has moments for one arm only: they belong to the one that is in the middle of its steps.
      const inTraining = ahead[0] !== undefined && keyOf(head) === keyOf(ahead[0]);
      await policy.setState(arm, inTraining ? head.state : { ...head.state, m: null, v: null, step: 0 });
      heads.set(arm, head);
    }
    const loop = new Loop(parts, prompts, heads, ahead, [...steps], [...evaluations], warnings);
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
      this.broken = !(error instanceof LabError && error.code === 'judge-failed');
      throw error;
    }
  }

  /** Has the unit under way end soon; resolves when the policy writes no more. Only what is half written is lost. */
  async interrupt(): Promise<void> {
    await this.cell?.training?.interrupt();
    await this.cell?.evaluation.interrupt();
    this.progress.pause();
  }

  private async unit(ahead: boolean): Promise<StepOutcome> {
    this.cell ??= await this.openCell();
    const { cell } = this;
    if (!cell) return 'finished';
    if (cell.training) {
      if (cell.training.left > 0) return this.roll(cell, cell.training, 'train', ahead);
      const pairs = cell.pairs ?? (await this.pair(cell, cell.training));
      if (pairs.length > 0 && !cell.reference) return this.refer(cell, pairs);
      if (cell.reference && cell.step < cell.batches.length) return this.train(cell, pairs, cell.reference);
      if (!cell.kept) return this.keep(cell);
    }
    if (cell.evaluation.left > 0) return this.roll(cell, cell.evaluation, 'evaluate', ahead);
    return this.close(cell);
  }

  private async openCell(): Promise<Cell | null> {
    const [name] = this.ahead;
    if (!name) return null;
    const { iteration, arm } = name;
    const { run, store } = this.parts;
    const training = iteration === 0 ? null : await this.openBlock(name, 'train');
    const evaluation = await this.openBlock(name, 'evaluate');
    for (const rollout of training?.settle() ?? []) await store.putRollout(run.id, rollout);
    const steps = this.stepsOf(name);
    for (let count = 1; count <= steps.length; count++) await this.warn(stepWarnings(steps.slice(0, count), run.recipe));
    const head = this.heads.get(arm);
    const begun = head?.iteration === iteration ? head : null;
    return {
      iteration,
      arm,
      training,
      evaluation,
      pairs: null,
      batches: [],
      reference: begun?.reference ?? null,
      step: begun?.step ?? 0,
      kept: iteration === 0 || (await store.iterationAdapter(run.id, arm, iteration)) !== null,
      referenceSeconds: 0,
    };
  }

  private async openBlock({ iteration, arm }: CellName, purpose: Purpose): Promise<PromptBlock> {
    const { run, store, policy, judge, emit, now } = this.parts;
    const stored = await store.rollouts(run.id, { purpose, arm, iteration });
    this.progress.remember(stored);
    const prompts = purpose === 'train' ? this.prompts.training(iteration, arm) : this.prompts.heldout(arm);
    return new PromptBlock({ purpose, iteration, arm }, prompts, stored, run.recipe, policy, judge, {
      tokens: (count) => this.progress.tokens(count),
      live: (live) => emit({ type: 'live', live }),
      now,
    });
  }

  private async roll(cell: Cell, block: PromptBlock, purpose: Purpose, ahead: boolean): Promise<StepOutcome> {
    const { run, store, emit } = this.parts;
    const work = purpose === 'train' ? 'generate' : 'evaluate';
    const report = (phase: 'generate' | 'judge' | 'evaluate') =>
      this.progress.report(phase, cell, block.size - block.left, block.size, 'prompts');
    this.progress.begin(work, cell.arm);
    report(work);
    let done: readonly Rollout[] | null = null;
    try {
      done = await block.next(ahead, () => report(purpose === 'train' ? 'judge' : 'evaluate'));
      if (done && !ahead) await block.interrupt();
    } finally {
      this.progress.end(done ? 1 : 0);
    }
    if (!done) return 'interrupted';
    for (const rollout of done) {
      await store.putRollout(run.id, rollout);
      this.progress.count(rollout);
      emit({ type: 'rollout', rollout });
    }
    report(work);
    return 'stored';
  }

  private async pair(cell: Cell, training: PromptBlock): Promise<readonly PreferencePair[]> {
    const { recipe } = this.parts.run;
    const rollouts = training.all();
    const pairs = preferencePairs(rollouts);
    cell.batches = batches(pairs.length, recipe, cell.iteration, cell.arm);
    cell.pairs = pairs;
    this.progress.report('pair', cell, pairs.length, training.size, 'pairs');
    await this.warn(rolloutWarnings(rollouts, recipe));
    return pairs;
  }

  /** The reference of an iteration is its own start, so the optimiser begins anew here too. */
  private async refer(cell: Cell, pairs: readonly PreferencePair[]): Promise<StepOutcome> {
    const { run, policy } = this.parts;
    const { arm, iteration } = cell;
    await policy.beginIteration(arm);
    const reference: ReferenceLogps[] = [];
    for (let first = 0; first < pairs.length; first += run.recipe.pairsPerStep) {
      this.progress.report('reference', cell, first, pairs.length, 'pairs');
      const some = pairs.slice(first, first + run.recipe.pairsPerStep);
      this.progress.begin('reference', arm);
      reference.push(...(await policy.logps(arm, some)));
      cell.referenceSeconds += this.progress.end(some.length);
    }
    if (reference.some(({ chosen, rejected }) => !Number.isFinite(chosen) || !Number.isFinite(rejected))) {
      throw new LabError(
        'not-finite',
        `A reference log-probability of iteration ${iteration}, ${arm} arm, is NaN or infinite.`,
        'Everything before this iteration is saved. Start again with a lower learning rate.',
      );
    }
    const state = { ...(await policy.state(arm)), m: null, v: null, step: 0 };
    await this.commit({ arm, iteration, step: 0, state, reference, recipeHash: this.parts.recipeHash }, null);
    cell.reference = reference;
    return 'stored';
  }

  private async train(cell: Cell, pairs: readonly PreferencePair[], reference: readonly ReferenceLogps[]): Promise<StepOutcome> {
    const { run, policy, recipeHash, emit } = this.parts;
    const { iteration, arm } = cell;
    const steps = cell.batches.length;
    const step = cell.step + 1;
    this.progress.report('train', cell, cell.step, steps, 'steps');
    const batch = at(cell.batches, cell.step);
    const rate = learningRate(cell.step, steps, run.recipe);
    this.progress.begin('train', arm);
    const [some, their] = [batch.map((i) => at(pairs, i)), batch.map((i) => at(reference, i))];
    const result = await policy.trainStep(arm, some, their, rate);
    const state = await policy.state(arm);
    const seconds = this.progress.end(1);
    const place = { iteration, arm, step, steps, learningRate: rate, seconds };
    const metrics = stepMetrics(result, place);
    // The loss is of before the update, which may have spoilt the adapter itself.
    if (![state.weights, state.m, state.v].every((floats) => floats === null || allFinite(floats)))
      throw notFinite('The adapter', place);
    await this.commit({ arm, iteration, step, state, reference, recipeHash }, metrics);
    cell.step = step;
    this.steps.push(metrics);
    this.progress.tokens(metrics.tokens);
    emit({ type: 'step', step: metrics });
    await this.warn(stepWarnings(this.stepsOf(cell), run.recipe));
    this.progress.report('train', cell, step, steps, 'steps');
    return 'stored';
  }

  private async keep(cell: Cell): Promise<StepOutcome> {
    const { run, policy, store } = this.parts;
    this.progress.report('save', cell, 0, 1, 'steps');
    const { weights } = await policy.state(cell.arm);
    await store.putIterationAdapter(run.id, cell.arm, cell.iteration, weights);
    cell.kept = true;
    return 'stored';
  }

  private async close(cell: Cell): Promise<StepOutcome> {
    const { run, store, emit } = this.parts;
    const { iteration, arm, training } = cell;
    const evaluation = summarizeEvaluation(cell.evaluation.all(), { iteration, arm, seed: run.recipe.seed });
    await store.putEvaluation(run.id, evaluation);
    emit({ type: 'evaluation', evaluation });
    const before = this.evaluations.filter((other) => other.arm === arm && other.iteration < iteration);
    this.evaluations.push(evaluation);
    await this.warn(evaluationWarnings([...before, evaluation]));
    if (training) {
      const seconds = { reference: cell.referenceSeconds, evaluate: evaluation.seconds };
      const summary = summarizeIteration(training.all(), this.stepsOf(cell), { iteration, arm, seconds });
      await store.putIteration(run.id, summary);
      emit({ type: 'iteration', iteration: summary });
    }
    this.cell = null;
    this.ahead.shift();
    await this.countIterations();
    return 'stored';
  }

  private async commit(checkpoint: Checkpoint, metrics: StepMetrics | null): Promise<void> {
    await this.parts.store.commit(this.parts.run.id, checkpoint, metrics);
    this.heads.set(checkpoint.arm, checkpoint);
  }

  /** Keeps the run's count of iterations that every arm has closed. */
  private async countIterations(): Promise<void> {
    const { run, store, emit } = this.parts;
    const [next] = this.ahead;
    const closed = next ? Math.max(0, next.iteration - 1) : run.recipe.iterations;
    if (closed === this.closedIterations) return;
    this.closedIterations = closed;
    await store.update(run.id, { iterations: closed });
    const updated = await store.get(run.id);
    if (updated) emit({ type: 'run', run: updated });
  }

  /** Each warning once a run. */
  private async warn(warnings: readonly Warning[]): Promise<void> {
    const { run, store, emit } = this.parts;
    for (const warning of warnings) {
      if (this.warned.has(nameOf(warning))) continue;
      await store.putWarning(run.id, warning);
      this.warned.add(nameOf(warning));
      emit({ type: 'warning', warning });
    }
  }

  private stepsOf({ iteration, arm }: CellName): StepMetrics[] {
    return this.steps.filter((step) => step.iteration === iteration && step.arm === arm);
  }
}

/** One sum instead of a test of each: it is finite only where all are (f32 values cannot overflow an f64 sum). */
const allFinite = (floats: Float32Array): boolean => Number.isFinite(floats.reduce((sum, x) => sum + x, 0));
const NOTHING_STORED = { evaluations: [], iterations: [], steps: [], warnings: [] };
const keyOf = ({ iteration, arm }: CellName): string => `${iteration} ${arm}`;
const nameOf = ({ code, message }: Warning): string => `${code} ${message}`;
