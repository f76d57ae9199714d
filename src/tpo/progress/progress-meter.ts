import type { Arm, Recipe } from '../../recipe/recipe';
import { TimeLeft, type WorkLeft } from './time-left';
import type { RunCosts, Work } from './unit-costs';

/** Speed is measured over this time, in milliseconds. */
const WINDOW = 4000;
/** The shortest time between two samples of the token count, in milliseconds. */
const SPACING = 100;

/**
 * Measures the loop's work: tokens per second over the last few seconds, and the time that the rest of the run takes.
 */
export class ProgressMeter {
  private readonly timeLeft: TimeLeft;
  private readonly samples: { readonly at: number; readonly total: number }[] = [];
  private total = 0;
  /** Consecutive work of one kind and arm. */
  private span: { readonly work: Work; readonly arm: Arm; seconds: number; units: number } | null = null;
  /** When the clock was started; null while it is stopped. */
  private begun: number | null = null;

  constructor(
    recipe: Recipe,
    costs: RunCosts | null,
    private readonly now: () => number,
  ) {
    this.timeLeft = new TimeLeft(recipe, costs);
  }

  /** Adds what an earlier session measured. */
  remember(work: Work, arm: Arm, seconds: number, units: number): void {
    this.timeLeft.add(work, arm, seconds, units);
  }

  /** Starts the clock for this kind of work. */
  begin(work: Work, arm: Arm): void {
    if (this.span?.work !== work || this.span.arm !== arm) {
      this.closeSpan();
      this.span = { work, arm, seconds: 0, units: 0 };
    }
    this.begun = this.now();
    if (this.samples.length === 0) this.sample();
  }

  /**
   * Stops the clock, if it runs.
   * @param units of work done since it was started; 0 if interrupted
   * @returns the seconds since it was started
   */
  end(units: number): number {
    if (!this.span || this.begun === null) return 0;
    const seconds = (this.now() - this.begun) / 1000;
    this.span.seconds += seconds;
    this.span.units += units;
    this.begun = null;
    return seconds;
  }

  /** The run is paused. The clock stops, and speed is measured from the beginning afterwards. */
  pause(): void {
    this.closeSpan();
    this.samples.length = 0;
  }

  tokens(count: number): void {
    this.total += count;
    this.sample();
  }

  tokensPerSecond(): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.at - first.at < SPACING) return null;
    return (1000 * (last.total - first.total)) / (last.at - first.at);
  }

  /** @param partial units of the current work that are partly done, as a fraction */
  secondsLeft(left: readonly WorkLeft[], partial: number): number | null {
    const { span, begun } = this;
    const now = span && {
      ...span,
      units: span.units + partial,
      seconds: span.seconds + (begun === null ? 0 : (this.now() - begun) / 1000),
    };
    const rest = now
      ? left.map((item) => (item.work === now.work && item.arm === now.arm ? less(item, partial) : item))
      : left;
    return this.timeLeft.seconds(rest, now);
  }

  private sample(): void {
    const at = this.now();
    const { samples } = this;
    const before = samples.at(-2);
    if (before && at - before.at < SPACING) samples.pop();
    samples.push({ at, total: this.total });
    while (samples.length > 2 && (samples[1]?.at ?? at) < at - WINDOW) samples.shift();
  }

  private closeSpan(): void {
    if (this.span) this.timeLeft.add(this.span.work, this.span.arm, this.span.seconds, this.span.units);
    this.span = null;
    this.begun = null;
  }
}

const less = (item: WorkLeft, units: number): WorkLeft => ({ ...item, units: Math.max(0, item.units - units) });
