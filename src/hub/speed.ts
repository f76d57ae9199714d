/** Bytes per second over the last few seconds: what came before a pause says nothing of now. */
const WINDOW_MS = 10_000;
const LEAST_MS = 1000;

export class Speed {
  private samples: { readonly at: number; readonly bytes: number }[] = [];

  /** @param at milliseconds. @param bytes so far */
  add(at: number, bytes: number): void {
    const last = this.samples.at(-1);
    // Bytes that had to come again are no progress backwards.
    if (last !== undefined && bytes < last.bytes) this.samples = [];
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) >= WINDOW_MS) this.samples.shift();
  }

  /** null before there is a second to measure. */
  bytesPerSecond(): number | null {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }

  /** null where nothing comes. */
  secondsLeft(bytes: number): number | null {
    const speed = this.bytesPerSecond();
    return speed === null || speed === 0 ? null : bytes / speed;
  }
}
