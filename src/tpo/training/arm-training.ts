import type { OpenJudge } from '../../judges/judge';
import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import type { Arm } from '../../recipe/recipe';
import { learningRate } from '../../recipe/schedule';
import type { Rollout } from '../../records/candidates';
import type { Checkpoint } from '../../records/checkpoints';
import type { PreferencePair, ReferenceLogps, SftSample } from '../../records/pairs';
import type { RunSummary } from '../../records/runs';
import type { SftStep, StepMetrics } from '../../records/training';
import type { Cell } from '../arm-iteration';
import type { PromptBlock } from '../generation/rollout-batch';
import { judgeFacts } from '../judging/judge-facts';
import { withPairEdits } from '../pairs/pair-edits';
import { preferencePairs } from '../pairs/preference-pairs';
import type { Policy } from '../policy';
import type { LoopProgress } from '../progress/loop-progress';
import type { RunLog } from '../run-log';
import type { RunStore } from '../store';
import { checkableShare, judgeWarnings } from '../warnings/judge-warnings';
import { placed, rolloutWarnings, sampleWarnings, stepWarnings } from '../warnings/warnings';
import { batches } from './batches';
import { notFinite, type StepPlace, sftMetrics, stepMetrics } from './step-metrics';
import { nothingToImitate, warmUpSamples } from './warm-up';

export interface TrainingParts {
  readonly run: RunSummary;
  /** Of the recipe: a checkpoint that speaks of another one is not gone on with. */
  readonly recipeHash: string;
  readonly policy: Policy;
  readonly store: RunStore;
  /** Of the candidates that are trained on, and of the held-out prompts' samples; they may be one. */
  readonly judge: OpenJudge;
  readonly evaluationJudge: OpenJudge;
  /** The GPU has no room for them beside the training. */
  readonly judgesYield: boolean;
}

/** What becomes of a cell's candidates: pairs and preference steps, or samples and SFT steps, each committed with the adapter it left. */
export class CellTraining {
  /** The cell for whose training the judges have made room. */
  private roomFor: Cell | null = null;

  constructor(
    private readonly parts: TrainingParts,
    private readonly log: RunLog,
    private readonly progress: LoopProgress,
    /** The arms' last checkpoints, kept up to date. */
    private readonly heads: Map<Arm, Checkpoint>,
  ) {}

  /**
   * The next unit of an iteration whose candidates are all there; false where nothing is left to do.
   * @throws LabError not-finite, device-lost, storage-full, judge-failed (it did not make room)
   */
  async prefer(cell: Cell, training: PromptBlock): Promise<boolean> {
    // Until the iteration begins to train, a reader may change its pairs.
    const settled = cell.reference !== null || cell.kept;
    const pairs = (settled ? cell.pairs : null) ?? (await this.pair(cell, training));
    if (cell.kept) return false;
    if (pairs.length > 0 && !cell.reference) await this.refer(cell, pairs, training);
    else if (cell.reference && cell.step < cell.batches.length) await this.preferenceStep(cell, pairs, cell.reference);
    else await this.keep(cell);
    return true;
  }

  /**
   * The next step of a warm-up whose candidates are all there; false where none is left.
   * @throws LabError nothing-to-learn (no completion is worth imitating), and as `prefer`
   */
  async imitate(cell: Cell, training: PromptBlock): Promise<boolean> {
    const samples = cell.samples ?? (await this.sample(cell, training));
    if (cell.step === cell.batches.length) return false;
    await this.sftStep(cell, samples);
    return true;
  }

  private async pair(cell: Cell, training: PromptBlock): Promise<readonly PreferencePair[]> {
    const { recipe } = this.parts.run;
    const rollouts = await this.edited(training);
    const pairs = preferencePairs(rollouts);
    cell.batches = batches(pairs.length, recipe, cell.iteration, cell.arm);
    cell.pairs = pairs;
    this.progress.report('pair', cell, pairs.length, training.size, 'pairs');
    const facts = judgeFacts(rollouts);
    const ofJudge = facts
      ? judgeWarnings(facts, recipe, checkableShare(rollouts)).map((warning) => placed(warning, cell))
      : [];
    await this.log.warn([...rolloutWarnings(rollouts, recipe), ...ofJudge]);
    return pairs;
  }

  /** An iteration's rollouts, with the pairs that readers made of them before it began to train. */
  async edited(training: PromptBlock): Promise<readonly Rollout[]> {
    const { run, store } = this.parts;
    return withPairEdits(training.all(), await store.pairEdits(run.id), 'early');
  }

  private async sample(cell: Cell, training: PromptBlock): Promise<readonly SftSample[]> {
    const { recipe } = this.parts.run;
    const rollouts = training.all();
    const samples = warmUpSamples(rollouts, recipe.seed);
    if (samples.length === 0) throw nothingToImitate(rollouts, recipe);
    cell.batches = batches(samples.length, { ...recipe, epochs: recipe.sftEpochs }, cell.iteration, cell.arm);
    cell.samples = samples;
    await this.log.warn(sampleWarnings(rollouts, samples, recipe));
    return samples;
  }

  /** The reference of an iteration is its own start, so the optimiser begins anew here too. */
  private async refer(cell: Cell, pairs: readonly PreferencePair[], training: PromptBlock): Promise<void> {
    const { run, policy } = this.parts;
    const { arm, iteration } = cell;
    await this.makeRoom(cell);
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
    // One that was changed meanwhile is a pair that this is no reference of: the next unit begins again.
    if (!samePairs(pairs, preferencePairs(await this.edited(training)))) return;
    const state = { ...(await policy.state(arm)), m: null, v: null, step: 0 };
    await this.commit({ arm, iteration, step: 0, state, reference, recipeHash: this.parts.recipeHash }, null);
    cell.reference = reference;
  }

  private async preferenceStep(
    cell: Cell,
    pairs: readonly PreferencePair[],
    reference: readonly ReferenceLogps[],
  ): Promise<void> {
    const { run, policy } = this.parts;
    const metrics = await this.update(cell, 'train', run.recipe.learningRate, reference, async (batch, rate) => {
      const [some, their] = [batch.map((i) => at(pairs, i)), batch.map((i) => at(reference, i))];
      const result = await policy.trainStep(cell.arm, some, their, rate);
      return (place) => stepMetrics(result, place);
    });
    this.log.addStep(metrics);
    await this.log.warn(stepWarnings(this.log.stepsOf(cell), run.recipe));
    this.progress.report('train', cell, cell.step, cell.batches.length, 'steps');
  }

  private async sftStep(cell: Cell, samples: readonly SftSample[]): Promise<void> {
    const { run, policy } = this.parts;
    const metrics = await this.update(cell, 'sft', run.recipe.sftLearningRate, null, async (batch, rate) => {
      if (cell.step === 0) await policy.beginIteration(cell.arm);
      const some = batch.map((i) => at(samples, i));
      const result = await policy.sftStep(cell.arm, some, rate);
      return (place) => sftMetrics(result, place);
    });
    this.log.addSftStep(metrics);
    this.progress.report('warm-up', cell, cell.step, cell.batches.length, 'steps');
  }

  /**
   * The cell's next optimiser step, committed; nothing of it is stored where it is not finite.
   * @param peak of the learning rate
   * @param compute does the step on a batch, and then has its metrics
   */
  private async update<Metrics extends StepMetrics | SftStep>(
    cell: Cell,
    work: 'train' | 'sft',
    peak: number,
    reference: readonly ReferenceLogps[] | null,
    compute: (batch: readonly number[], learningRate: number) => Promise<(place: StepPlace) => Metrics>,
  ): Promise<Metrics> {
    const { run, policy, recipeHash } = this.parts;
    const { iteration, arm } = cell;
    await this.makeRoom(cell);
    const steps = cell.batches.length;
    this.progress.report(work === 'sft' ? 'warm-up' : work, cell, cell.step, steps, 'steps');
    const rate = learningRate(cell.step, steps, { ...run.recipe, learningRate: peak });
    this.progress.begin(work, arm);
    const measured = await compute(at(cell.batches, cell.step), rate);
    const state = await policy.state(arm);
    const place = { iteration, arm, step: cell.step + 1, steps, learningRate: rate, seconds: this.progress.end(1) };
    const metrics = measured(place);
    // The loss is of before the update, which may have spoilt the adapter itself.
    if (![state.weights, state.m, state.v].every((floats) => floats === null || allFinite(floats)))
      throw notFinite('The adapter', place);
    await this.commit({ arm, iteration, step: place.step, state, reference, recipeHash }, metrics);
    cell.step = place.step;
    this.progress.tokens(metrics.tokens);
    return metrics;
  }

  /** The judges' memory, where it is needed: whoever judges next loads its judge again. */
  private async makeRoom(cell: Cell): Promise<void> {
    const { judge, evaluationJudge, judgesYield } = this.parts;
    if (!judgesYield || this.roomFor === cell) return;
    const judges = [...new Set([judge, evaluationJudge])];
    for (const [done, each] of judges.entries()) {
      this.progress.report('release', cell, done, judges.length, 'judges');
      await each.release?.();
    }
    this.roomFor = cell;
  }

  private async keep(cell: Cell): Promise<void> {
    const { run, policy, store } = this.parts;
    this.progress.report('save', cell, 0, 1, 'steps');
    const { weights } = await policy.state(cell.arm);
    await store.putIterationAdapter(run.id, cell.arm, cell.iteration, weights);
    cell.kept = true;
  }

  private async commit(checkpoint: Checkpoint, metrics: StepMetrics | SftStep | null): Promise<void> {
    await this.parts.store.commit(this.parts.run.id, checkpoint, metrics);
    this.heads.set(checkpoint.arm, checkpoint);
  }
}

/** By identity: both are of the same rollouts. */
const samePairs = (a: readonly PreferencePair[], b: readonly PreferencePair[]): boolean =>
  a.length === b.length &&
  a.every(({ chosenTokens, rejectedTokens }, i) => {
    const other = at(b, i);
    return chosenTokens === other.chosenTokens && rejectedTokens === other.rejectedTokens;
  });

/** One sum instead of a test of each: it is finite only where all are (f32 values cannot overflow an f64 sum). */
const allFinite = (floats: Float32Array): boolean => Number.isFinite(floats.reduce((sum, x) => sum + x, 0));
