/** The speed is measured over the last seconds, so that a pause before them does not count. */
const WINDOW_MS = 10_000;
const LEAST_MS = 1000;

/** The speed of a download, and the time that is left. */
export class Speed {
  private samples: { readonly at: number; readonly bytes: number }[] = [];

  /**
   * @param at time in milliseconds
   * @param bytes received so far
   */
  add(at: number, bytes: number): void {
    const last = this.samples.at(-1);
    // The download was restarted: the earlier samples do not count.
    if (last !== undefined && bytes < last.bytes) this.samples = [];
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) >= WINDOW_MS) this.samples.shift();
  }

  /** Null until a second has been measured. */
  bytesPerSecond(): number | null {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }

  /** Null if nothing is being received. */
  secondsLeft(bytes: number): number | null {
    const speed = this.bytesPerSecond();
    return speed === null || speed === 0 ? null : bytes / speed;
  }
}
