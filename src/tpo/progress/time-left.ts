import type { Arm, Recipe } from '../../recipe/recipe';
import type { RunDetail } from '../../records/runs';
import { hasWarmUp } from '../arm-iterations';

/** A kind of work, for which time is measured. Each has its own unit. */
export type Work =
  /** Training prompts. */
  | 'generate'
  /** Held-out prompts. */
  | 'evaluate'
  /** Preference steps. */
  | 'train'
  /** SFT steps of the warm-up. */
  | 'sft'
  /** Pairs whose reference log-probabilities are computed. */
  | 'reference'
  /** Prompts that are judged after generation. */
  | 'judge'
  /** Comparisons of a held-out prompt with another policy. */
  | 'compare';
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

/** The expected length of a completion, as a share of the longest allowed, until some have been measured. */
export const EXPECTED_SHARE = 0.4;
/** The expected number of pairs per prompt, until some have been counted. */
export const EXPECTED_PAIRS = 0.9;
/** The expected number of samples per prompt of the warm-up, which is for models that are often malformed. */
export const EXPECTED_SAMPLES = 1;

/** The expected tokens of a completion, before any was measured. */
export function expectedTokens(recipe: Recipe, arm: Arm): number {
  return EXPECTED_SHARE * (arm === 'thinking' ? recipe.maxNewTokens : recipe.maxNewTokensDirect);
}

/** Completion tokens that one unit generates or reads. A training step counts three times (forward and backward). */
function sizeOf(recipe: Recipe, work: Work, arm: Arm): number {
  const tokens = expectedTokens(recipe, arm);
  switch (work) {
    case 'generate':
    case 'judge':
      return recipe.k * tokens;
    case 'evaluate':
    case 'compare':
      return recipe.evaluationSamples * tokens;
    case 'reference':
      return 2 * tokens;
    case 'train':
      return 3 * 2 * recipe.pairsPerStep * tokens;
    case 'sft':
      return 3 * recipe.pairsPerStep * tokens;
    default:
      return work satisfies never;
  }
}

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
  /** Completion tokens, counted by `sizeOf`. */
  tokens: number;
}

/**
 * Predicts how long the rest of a run takes: the work left of each kind times its measured mean. Work that has not
 * been measured yet is derived from other kinds, assuming that all work is proportional to the completion tokens it
 * generates or reads.
 */
export class TimeLeft {
  private readonly measured = new Map<string, Measured>();

  constructor(private readonly recipe: Recipe) {}

  /** Adds a measurement. @param recipe the recipe under which it was made */
  add(work: Work, arm: Arm, seconds: number, units: number, recipe = this.recipe): void {
    if (!(units > 0 && seconds >= 0)) return;
    const sum = this.measured.get(`${work} ${arm}`) ?? { seconds: 0, tokens: 0 };
    this.measured.set(`${work} ${arm}`, {
      seconds: sum.seconds + seconds,
      tokens: sum.tokens + units * sizeOf(recipe, work, arm),
    });
  }

  /** Assumes a speed, unless something has been measured already. @param secondsPerToken of a completion token */
  assume(secondsPerToken: number): void {
    if (this.measured.size === 0) this.measured.set('generate thinking', { seconds: secondsPerToken, tokens: 1 });
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
   * Seconds that the work takes; null before anything was measured.
   * @param now the work in progress, not yet added; its units may be fractional
   */
  seconds(left: readonly WorkLeft[], now: (WorkLeft & { readonly seconds: number }) | null): number | null {
    let sum = 0;
    for (const { work, arm, units } of left) {
      if (units <= 0) continue;
      const rate = this.rate(work, arm, now);
      if (rate === null) return null;
      sum += rate * units * sizeOf(this.recipe, work, arm);
    }
    return sum;
  }

  /** Seconds to read this many tokens; null before anything was measured. */
  reading(tokens: number): number | null {
    const rate = this.rate('reference', 'thinking', null);
    return rate === null ? null : rate * tokens;
  }

  /**
   * Seconds per token of this kind of work, or of the most similar one: the other sampling work, the other arm, then
   * any.
   */
  private rate(work: Work, arm: Arm, now: (WorkLeft & { readonly seconds: number }) | null): number | null {
    const otherArm: Arm = arm === 'thinking' ? 'direct' : 'thinking';
    const sampling: readonly Work[] = work === 'generate' ? ['evaluate'] : work === 'evaluate' ? ['generate'] : [];
    const alike = [
      ...[work, ...sampling].map((kind) => [kind, arm] as const),
      [work, otherArm] as const,
      ...WORKS.flatMap((kind) => [[kind, arm] as const, [kind, otherArm] as const]),
    ];
    for (const [kind, whose] of alike) {
      const measured = this.measured.get(`${kind} ${whose}`) ?? { seconds: 0, tokens: 0 };
      const current = now?.work === kind && now.arm === whose ? now : null;
      const tokens = measured.tokens + (current ? current.units * sizeOf(this.recipe, kind, whose) : 0);
      if (tokens > 0) return (measured.seconds + (current?.seconds ?? 0)) / tokens;
    }
    return null;
  }
}
