import type { Arm, Recipe } from '../../recipe/recipe';
import { TimeLeft, type Work, type WorkLeft } from './time-left';

/** Speed is of the last few seconds, in milliseconds here. */
const WINDOW = 4000;
const SPACING = 100;

/** Times the loop's units: tokens a second of the last few seconds, and how long the rest of the run takes. */
export class ProgressMeter {
  private readonly timeLeft: TimeLeft;
  private readonly samples: { readonly at: number; readonly total: number }[] = [];
  private total = 0;
  /** Work of one kind in one go; units may be fractional while it goes on. */
  private span: { readonly work: Work; readonly arm: Arm; seconds: number; units: number } | null = null;
  private begun: number | null = null;

  constructor(
    recipe: Recipe,
    private readonly now: () => number,
  ) {
    this.timeLeft = new TimeLeft(recipe);
  }

  /** What an earlier session measured. */
  remember(work: Work, arm: Arm, seconds: number, units: number): void {
    this.timeLeft.add(work, arm, seconds, units);
  }

  /** A unit of this work begins. */
  begin(work: Work, arm: Arm): void {
    if (this.span?.work !== work || this.span.arm !== arm) {
      this.closeSpan();
      this.span = { work, arm, seconds: 0, units: 0 };
    }
    this.begun = this.now();
    if (this.samples.length === 0) this.sample();
  }

  /** It ended; `units` were done (none when it was interrupted). Returns its seconds. */
  end(units: number): number {
    if (!this.span || this.begun === null) return 0;
    const seconds = (this.now() - this.begun) / 1000;
    this.span.seconds += seconds;
    this.span.units += units;
    this.begun = null;
    return seconds;
  }

  /** The run waits: what comes after is another span, and the speed starts anew. */
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

  /** @param partial units of the work under way that are half done */
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
