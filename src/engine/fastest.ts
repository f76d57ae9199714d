/**
 * Finds the fastest of several candidates with a coarse clock and round trips of unknown length. It knows no device:
 * it is given a clock and a function that submits a candidate.
 *
 * A timed submit takes n·t + r milliseconds: n repetitions of t, and a round trip r between zero and the longest that
 * was seen. So each measurement bounds t, and n grows until r hardly matters. A candidate whose lower bound is far
 * above the best upper bound is dropped early. The others take another turn, and the smallest time of each counts,
 * because other work on the device only adds time.
 */

/** Time in milliseconds, of any origin. */
export type Clock = () => number;

export interface Measuring {
  readonly clock: Clock;
  /** Runs a candidate so many times in one submit, and resolves when that has finished. 0: an empty submit. */
  readonly submit: (candidate: string, repeats: number) => Promise<void>;
  readonly signal: AbortSignal;
  /** No candidate is begun after this time of the clock. */
  readonly deadline: number;
}

/** Resolution of the clock of browsers that are not isolated, in milliseconds. */
const CLOCK_STEP = 0.1;
const ROUND_TRIPS = 6;
/** A measurement lasts this many times the longest round trip, within these limits in milliseconds. */
const MEASURED_ROUND_TRIPS = 10;
const SHORTEST = 4;
const LONGEST = 20;
/** While the round trip hides the work, repetitions grow up to a submit of about this many milliseconds. */
const GROWTH = 40;
/** A candidate is dropped at once if it certainly takes this many times as long as the best. */
const FAR_SLOWER = 1.5;
/** Candidates whose smallest time is within this factor of the best are measured once more. */
const CLOSE = 1.2;

/** The longest of some round trips in milliseconds, with a margin for longer ones. */
export async function longestRoundTrip(measuring: Measuring): Promise<number> {
  let longest = 0;
  for (let i = 0; i < ROUND_TRIPS; i++) longest = Math.max(longest, await time('', 0, measuring));
  return 1.2 * longest + CLOCK_STEP;
}

/**
 * The candidate with the shortest time. Null if the deadline passed before all were measured.
 * @param roundTrip the longest, in milliseconds
 * @throws the signal's reason, and what `submit` throws
 */
export async function fastest(
  candidates: readonly string[],
  roundTrip: number,
  measuring: Measuring,
): Promise<string | null> {
  const { clock, deadline } = measuring;
  const goal = Math.min(LONGEST, Math.max(SHORTEST, MEASURED_ROUND_TRIPS * roundTrip));
  const kept: Contender[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const name of candidates) {
    if (clock() > deadline) return null;
    const contender = new Contender(name, roundTrip, measuring);
    // The driver may compile during the first run. Its time is an upper bound nevertheless.
    await contender.measure(1);
    // Two measurements in a row must agree that it is far slower: other work may have delayed one of them.
    for (let slower = 0; slower < 2; ) {
      await contender.measure(contender.repeats(contender.elapsed < 2 * roundTrip ? GROWTH : goal));
      slower = contender.low > FAR_SLOWER * best ? slower + 1 : 0;
      if (slower === 0 && contender.elapsed >= goal / 2) break;
    }
    if (contender.low > FAR_SLOWER * best) continue;
    kept.push(contender);
    best = Math.min(best, contender.high);
  }
  const close = kept.filter(({ high }) => high <= CLOSE * best);
  if (close.length > 1) for (const contender of close) await contender.measure(contender.repeats(goal));
  return close.reduce<Contender | null>((a, b) => (a !== null && a.high <= b.high ? a : b), null)?.name ?? null;
}

class Contender {
  /** Bounds of the time of one repetition. The lower one is that of the last measurement. */
  low = 0;
  high = Number.POSITIVE_INFINITY;
  /** Milliseconds of the last measurement. */
  elapsed = 0;

  constructor(
    readonly name: string,
    private readonly roundTrip: number,
    private readonly measuring: Measuring,
  ) {}

  /** The fewest repetitions whose upper bound reaches so many milliseconds. */
  repeats(milliseconds: number): number {
    return Math.max(1, Math.ceil(milliseconds / this.high));
  }

  async measure(repeats: number): Promise<void> {
    this.elapsed = await time(this.name, repeats, this.measuring);
    this.high = Math.min(this.high, (this.elapsed + CLOCK_STEP) / repeats);
    this.low = Math.max(0, this.elapsed - this.roundTrip) / repeats;
  }
}

async function time(candidate: string, repeats: number, { clock, submit, signal }: Measuring): Promise<number> {
  signal.throwIfAborted();
  const began = clock();
  await submit(candidate, repeats);
  return clock() - began;
}
