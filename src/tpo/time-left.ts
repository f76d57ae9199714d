import type { Arm, Recipe } from '../recipe/recipe';

/** Kinds of work, each counted in its own unit: prompts, pairs, steps, prompts. */
export type Work = 'generate' | 'reference' | 'train' | 'evaluate';

export interface WorkLeft {
  readonly work: Work;
  readonly arm: Arm;
  readonly units: number;
}

/** A completion is about this share of the longest allowed, until some have been measured. */
const EXPECTED_SHARE = 0.4;

/**
 * How long the rest of a run takes: what is left of each kind of work × the measured mean of one unit of it. Kinds not yet measured are
 * derived from those that are: all work is taken to be proportional to the completions it writes or reads.
 */
export class TimeLeft {
  private readonly measured = new Map<string, { seconds: number; units: number }>();

  constructor(private readonly recipe: Recipe) {}

  add(work: Work, arm: Arm, seconds: number, units: number): void {
    if (!(units > 0 && seconds >= 0)) return;
    const sum = this.measured.get(`${work} ${arm}`) ?? { seconds: 0, units: 0 };
    this.measured.set(`${work} ${arm}`, { seconds: sum.seconds + seconds, units: sum.units + units });
  }

  /** Seconds; null before anything was measured. `now`: work begun and not yet added, `units` may be fractional. */
  seconds(left: readonly WorkLeft[], now: (WorkLeft & { readonly seconds: number }) | null): number | null {
    const rates = new Map<string, number>();
    for (const [key, { seconds, units }] of this.measured) rates.set(key, seconds / units);
    if (now && now.units > 0) {
      const key = `${now.work} ${now.arm}`;
      const before = this.measured.get(key) ?? { seconds: 0, units: 0 };
      rates.set(key, (before.seconds + now.seconds) / (before.units + now.units));
    }
    let sum = 0;
    for (const { work, arm, units } of left) {
      if (units <= 0) continue;
      const rate = rates.get(`${work} ${arm}`) ?? this.derived(rates, work, arm);
      if (rate === null) return null;
      sum += rate * units;
    }
    return sum;
  }

  /** By the measured kind that is most like it: the same work of the other arm, then the other sampling work, then any. */
  private derived(rates: ReadonlyMap<string, number>, work: Work, arm: Arm): number | null {
    const otherArm: Arm = arm === 'thinking' ? 'direct' : 'thinking';
    const alike: readonly (readonly [Work, Arm])[] = [
      ...(work === 'generate' ? [['evaluate', arm] as const] : []),
      ...(work === 'evaluate' ? [['generate', arm] as const] : []),
      [work, otherArm],
      ...(['generate', 'evaluate', 'train', 'reference'] as const).flatMap((kind) => [
        [kind, arm] as const,
        [kind, otherArm] as const,
      ]),
    ];
    for (const [kind, whose] of alike) {
      const rate = rates.get(`${kind} ${whose}`);
      if (rate !== undefined) return (rate * this.size(work, arm)) / this.size(kind, whose);
    }
    return null;
  }

  /** Completion tokens that one unit writes or reads; a training step counts three times (forward and backward). */
  private size(work: Work, arm: Arm): number {
    const { recipe } = this;
    const tokens = expectedTokens(recipe, arm);
    switch (work) {
      case 'generate':
        return recipe.k * tokens;
      case 'evaluate':
        return recipe.evaluationSamples * tokens;
      case 'reference':
        return 2 * tokens;
      case 'train':
        return 3 * 2 * recipe.pairsPerStep * tokens;
      default:
        return work satisfies never;
    }
  }
}

/** Completion tokens expected of a candidate before any was measured. */
export function expectedTokens(recipe: Recipe, arm: Arm): number {
  return EXPECTED_SHARE * (arm === 'thinking' ? recipe.maxNewTokens : recipe.maxNewTokensDirect);
}
