import type { Arm, Recipe } from '../../recipe/recipe';
import type { RunDetail } from '../../records/runs';
import { hasWarmUp } from '../arm-iterations';
import { type RunCosts, secondsOfUnit, secondsToRead, tokensOf, type Work } from './unit-costs';

const WORKS = [
  'generate',
  'evaluate',
  'train',
  'sft',
  'reference',
  'judge',
  'compare',
] as const satisfies readonly Work[];

export interface WorkLeft {
  readonly work: Work;
  readonly arm: Arm;
  readonly units: number;
}

/** The expected number of pairs per prompt, until some have been counted. */
export const EXPECTED_PAIRS = 0.9;
/** The expected number of samples per prompt of the warm-up, which is for models that are often malformed. */
export const EXPECTED_SAMPLES = 1;

/**
 * The work of a whole run, without that of its judges.
 * @param heldout number of held-out prompts that are evaluated each time
 */
export function plannedWork(recipe: Recipe, heldout: number): WorkLeft[] {
  const { arms, iterations, promptsPerIteration, epochs, pairsPerStep, sftEpochs } = recipe;
  const pairs = EXPECTED_PAIRS * promptsPerIteration;
  return arms.flatMap((arm): WorkLeft[] => {
    const warmUp = hasWarmUp(recipe, { iteration: 0, arm }) ? recipe.sftPrompts : 0;
    return [
      { work: 'evaluate', arm, units: (iterations + 1) * heldout },
      { work: 'generate', arm, units: warmUp + iterations * promptsPerIteration },
      { work: 'sft', arm, units: sftEpochs * Math.ceil((EXPECTED_SAMPLES * warmUp) / pairsPerStep) },
      { work: 'reference', arm, units: iterations * pairs },
      { work: 'train', arm, units: iterations * epochs * Math.ceil(pairs / pairsPerStep) },
    ];
  });
}

type LearntFrom = Pick<RunDetail, 'evaluations' | 'iterations' | 'steps' | 'sftSteps'> & {
  readonly summary: Pick<RunDetail['summary'], 'recipe'>;
};

interface Measured {
  seconds: number;
  /** The predicted cost of the work that was measured. */
  predicted: number;
}

/**
 * Predicts how long the rest of a run takes: the predicted cost of the work left, corrected for each kind by the ratio
 * of measured and predicted time. Work that has not been measured is corrected like the most similar kind that has.
 *
 * Without a cost model, costs are counted in completion tokens that are generated or read, and nothing is predicted
 * before something was measured.
 */
export class TimeLeft {
  private readonly measured = new Map<string, Measured>();

  constructor(
    private readonly recipe: Recipe,
    private readonly costs: RunCosts | null,
  ) {}

  /** Adds a measurement. @param recipe the recipe under which it was made */
  add(work: Work, arm: Arm, seconds: number, units: number, recipe = this.recipe): void {
    if (!(units > 0 && seconds >= 0)) return;
    // A unit of another recipe is as many units of this one as it has more tokens.
    const size = recipe === this.recipe ? 1 : tokensOf(recipe, work, arm) / tokensOf(this.recipe, work, arm);
    const sum = this.measured.get(`${work} ${arm}`) ?? { seconds: 0, predicted: 0 };
    this.measured.set(`${work} ${arm}`, {
      seconds: sum.seconds + seconds,
      predicted: sum.predicted + units * size * this.costOf(work, arm),
    });
  }

  /** Adds the measurements of another run, without the time of its judges. */
  learn({ summary, evaluations, iterations, steps, sftSteps }: LearntFrom): void {
    const { recipe } = summary;
    for (const { arm, seconds, judgeSeconds = 0, prompts } of evaluations)
      this.add('evaluate', arm, seconds - judgeSeconds, prompts, recipe);
    for (const { arm, seconds, prompts, pairs } of iterations) {
      this.add('generate', arm, seconds.generate, prompts, recipe);
      if (seconds.reference > 0) this.add('reference', arm, seconds.reference, pairs, recipe);
    }
    for (const { arm, seconds } of steps) this.add('train', arm, seconds, 1, recipe);
    for (const { arm, seconds } of sftSteps) this.add('sft', arm, seconds, 1, recipe);
  }

  /**
   * Seconds that the work takes; null if that cannot be predicted yet.
   * @param now the work in progress, not yet added; its units may be fractional
   */
  seconds(left: readonly WorkLeft[], now: (WorkLeft & { readonly seconds: number }) | null): number | null {
    let sum = 0;
    for (const { work, arm, units } of left) {
      if (units <= 0) continue;
      const factor = this.factor(work, arm, now);
      if (factor === null) return null;
      sum += factor * units * this.costOf(work, arm);
    }
    return sum;
  }

  /** Seconds to read this many tokens; null if that cannot be predicted yet. */
  reading(tokens: number): number | null {
    const arm: Arm = 'thinking';
    const factor = this.factor('reference', arm, null);
    if (factor === null) return null;
    return factor * tokens * (this.costs ? secondsToRead(this.costs.phases, this.costs.promptTokens(arm)) : 1);
  }

  private costOf(work: Work, arm: Arm): number {
    return this.costs ? secondsOfUnit(this.costs, this.recipe, work, arm) : tokensOf(this.recipe, work, arm);
  }

  /**
   * Measured divided by predicted time of this kind of work, or of the most similar one: the other sampling work, the
   * other arm, then any. With a cost model, less than one unit says too little: its time so far may be prefill only.
   */
  private factor(work: Work, arm: Arm, now: (WorkLeft & { readonly seconds: number }) | null): number | null {
    const otherArm: Arm = arm === 'thinking' ? 'direct' : 'thinking';
    const sampling: readonly Work[] = work === 'generate' ? ['evaluate'] : work === 'evaluate' ? ['generate'] : [];
    const alike = [
      ...[work, ...sampling].map((kind) => [kind, arm] as const),
      [work, otherArm] as const,
      ...WORKS.flatMap((kind) => [[kind, arm] as const, [kind, otherArm] as const]),
    ];
    const least = this.costs === null ? 0 : 1;
    for (const [kind, whose] of alike) {
      const measured = this.measured.get(`${kind} ${whose}`) ?? { seconds: 0, predicted: 0 };
      const current = now?.work === kind && now.arm === whose ? now : null;
      const unit = this.costOf(kind, whose);
      const predicted = measured.predicted + (current ? current.units * unit : 0);
      if (predicted > 0 && predicted >= least * unit) return (measured.seconds + (current?.seconds ?? 0)) / predicted;
    }
    return this.costs === null ? null : 1;
  }
}
