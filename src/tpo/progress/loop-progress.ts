import type { Judge } from '../../judges/judge';
import type { Arm, Recipe } from '../../recipe/recipe';
import type { ArmIteration, Purpose, Rollout } from '../../records/candidates';
import type { LabEvent } from '../../records/events';
import type { Progress } from '../../records/progress';
import { hasWarmUp, type OpenIterations, sameArmIteration } from '../arm-iterations';
import type { RolloutBatch } from '../generation/rollout-batch';
import type { Activity, ArmIterationState, LoopObserver } from '../stage';
import { ProgressMeter } from './progress-meter';
import { EXPECTED_PAIRS, EXPECTED_SAMPLES, type WorkLeft } from './time-left';
import { expectedTokens, type RunCosts, type Work } from './unit-costs';

/** Thousands of tokens arrive per second. They cause at most one progress event in this time, in milliseconds. */
const EVENT_INTERVAL = 100;

export interface LoopProgressParts {
  readonly recipe: Recipe;
  /** The number of held-out prompts that are evaluated each time. */
  readonly heldout: number;
  readonly iterations: OpenIterations<ArmIterationState>;
  readonly judge: Pick<Judge, 'pace'>;
  readonly evaluationJudge: Pick<Judge, 'pace' | 'relative'>;
  /** Null if the policy's speed is unknown. */
  readonly costs: RunCosts | null;
  emit(progress: Progress): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * Observes the loop, and says what it does, how far it is, how fast it goes and how long the rest of the run takes.
 */
export class LoopProgress implements LoopObserver {
  private readonly meter: ProgressMeter;
  private readonly generated = new GeneratedTokens();
  private readonly paired = { prompts: 0, pairs: 0 };
  private current: { readonly which: ArmIteration; readonly activity: Activity } | null = null;
  private lastEvent = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: LoopProgressParts) {
    this.meter = new ProgressMeter(parts.recipe, parts.costs, () => parts.now());
  }

  activity(which: ArmIteration, activity: Activity): void {
    this.stopClock(which, activity);
    // Nothing is measured while waiting for a person.
    if (activity.phase === 'vote') this.meter.pause();
    if (activity.work !== null) this.meter.begin(activity.work, which.arm);
    this.current = { which, activity };
    this.send();
  }

  /** The unit has ended. */
  idle(): void {
    this.meter.end(0);
  }

  /** The run is paused. */
  pause(): void {
    this.meter.pause();
  }

  tokens(count: number): void {
    this.meter.tokens(count);
    if (this.parts.now() - this.lastEvent >= EVENT_INTERVAL) this.send();
  }

  /** Learns from the loop's other events. */
  event(event: LabEvent): void {
    if (event.type === 'rollout') this.countRollout(event.rollout);
    if (event.type === 'step' || event.type === 'sft-step') this.tokens(event.step.tokens);
  }

  /** Learns from the rollouts of an earlier session how long one takes. */
  restored(rollouts: readonly Rollout[]): void {
    for (const rollout of rollouts) {
      this.countRollout(rollout);
      const { purpose, arm, judgement, comparisons, seconds } = rollout;
      const work = purpose === 'evaluate' ? 'evaluate' : 'generate';
      const apart = this.judgesApart(purpose) || comparisons.length > 0;
      this.meter.remember(work, arm, seconds.generate + (apart ? 0 : seconds.judge), 1);
      if (comparisons.length > 0) this.meter.remember('compare', arm, seconds.judge, comparisons.length);
      else if (apart && judgement !== null) this.meter.remember('judge', arm, seconds.judge, 1);
    }
  }

  /** Ends the timing of the current activity. If the next one continues its work, the difference is what was done. */
  private stopClock(which: ArmIteration, next: Activity): void {
    const before = this.current?.activity;
    const continues = before?.work === next.work && this.current?.which.arm === which.arm;
    this.meter.end(before && continues ? amountOf(next) - amountOf(before) : 0);
  }

  private countRollout(rollout: Rollout): void {
    this.generated.add(rollout);
    const { pair } = rollout;
    if (!pair) return;
    this.paired.prompts++;
    if ('chosen' in pair) this.paired.pairs++;
  }

  private send(): void {
    if (this.current === null) return;
    const { parts, meter } = this;
    const { iteration, arm } = this.current.which;
    const { phase, done, total, counts } = this.current.activity;
    this.lastEvent = parts.now();
    parts.emit({
      phase,
      iteration,
      iterations: parts.recipe.iterations,
      arm,
      done,
      total,
      counts,
      tokensPerSecond: meter.tokensPerSecond(),
      secondsLeft: meter.secondsLeft(this.workLeft(), this.partlyDone()),
    });
  }

  /** The half-generated prompts of the batch under way, in whole prompts. */
  private partlyDone(): number {
    for (const state of this.parts.iterations.open) {
      const batch = batchUnderWay(state);
      if (batch)
        return batch.partlyGenerated(this.generated.mean(state.arm) ?? expectedTokens(this.parts.recipe, state.arm));
    }
    return 0;
  }

  /**
   * Whether judging is work of its own, after all prompts are generated. The time that a person takes is not
   * predicted.
   */
  private judgesApart(purpose: Purpose): boolean {
    const { judge, evaluationJudge } = this.parts;
    if (purpose === 'warm-up' || (purpose === 'evaluate' && evaluationJudge.relative)) return false;
    return (purpose === 'train' ? judge : evaluationJudge).pace === 'policy-idle';
  }

  /** Comparisons left of an arm iteration: its prompts × the policies that they are compared with. */
  private comparisonsLeft({ iteration, arm }: ArmIteration, state: ArmIterationState | undefined): number {
    if (!this.parts.evaluationJudge.relative || state?.evaluated) return 0;
    // The seed model, and the arm that is evaluated first.
    const opponents = (iteration > 0 ? 1 : 0) + this.parts.recipe.arms.indexOf(arm);
    const done = state?.evaluation.generated().reduce((sum, { comparisons }) => sum + comparisons.length, 0) ?? 0;
    return Math.max(0, opponents * this.parts.heldout - done);
  }

  private workLeft(): WorkLeft[] {
    const { recipe, heldout, iterations } = this.parts;
    const units = new Map<string, { work: Work; arm: Arm; units: number }>();
    const add = (work: Work, arm: Arm, count: number) => {
      const key = `${work} ${arm}`;
      units.set(key, { work, arm, units: (units.get(key)?.units ?? 0) + count });
    };
    const pairsOf = (prompts: number) =>
      prompts * (this.paired.prompts > 0 ? this.paired.pairs / this.paired.prompts : EXPECTED_PAIRS);
    const stepsOf = (pairs: number) => recipe.epochs * Math.ceil(pairs / recipe.pairsPerStep);
    for (const which of iterations.remaining) {
      const { iteration, arm } = which;
      const state = iterations.open.find((open) => sameArmIteration(open, which));
      const addBatch = (purpose: 'train' | 'evaluate', batch: RolloutBatch | null | undefined, prompts: number) => {
        add(purpose === 'evaluate' ? 'evaluate' : 'generate', arm, batch ? batch.ungenerated : prompts);
        if (this.judgesApart(purpose)) add('judge', arm, batch ? batch.unfinished : prompts);
      };
      addBatch('evaluate', state?.evaluation, heldout);
      add('compare', arm, this.comparisonsLeft(which, state));
      if (hasWarmUp(recipe, which)) {
        add('generate', arm, state?.training ? state.training.ungenerated : recipe.sftPrompts);
        const steps = recipe.sftEpochs * Math.ceil((EXPECTED_SAMPLES * recipe.sftPrompts) / recipe.pairsPerStep);
        add('sft', arm, state?.samples ? state.batches.length - state.step : steps);
      }
      if (iteration === 0) continue;
      addBatch('train', state?.training, recipe.promptsPerIteration);
      if (state?.adapterSaved) continue;
      const pairs = state?.pairs?.length ?? pairsOf(recipe.promptsPerIteration);
      add('reference', arm, state?.reference ? 0 : pairs);
      add('train', arm, state?.pairs ? state.batches.length - state.step : stepsOf(pairs));
    }
    return [...units.values()];
  }
}

/**
 * The mean length of the completions generated so far, by arm. Each rollout counts once, however often it is stored.
 */
class GeneratedTokens {
  private readonly seen = new Set<string>();
  private readonly sums = new Map<Arm, { completions: number; tokens: number }>();

  add({ purpose, iteration, arm, position, candidates }: Rollout): void {
    const key = `${purpose} ${iteration} ${arm} ${position}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const sum = this.sums.get(arm) ?? { completions: 0, tokens: 0 };
    sum.completions += candidates.length;
    for (const { tokens } of candidates) sum.tokens += tokens.length;
    this.sums.set(arm, sum);
  }

  /** Tokens per completion; null before any was generated. */
  mean(arm: Arm): number | null {
    const { completions, tokens } = this.sums.get(arm) ?? { completions: 0, tokens: 0 };
    return completions > 0 ? tokens / completions : null;
  }
}

const amountOf = ({ done, workDone = done }: Activity): number => workDone;

/** The batch that is being generated. In iteration 0 the seed model is evaluated before the warm-up. */
const batchUnderWay = ({ iteration, training, evaluation }: ArmIterationState): RolloutBatch | null =>
  (iteration === 0 ? [evaluation, training] : [training, evaluation]).find(
    (batch) => batch && batch.ungenerated > 0,
  ) ?? null;
