/** Random numbers for tests. The product draws with `Random` (src/lib/random.ts) or with the sampler's shader. */
import { threefry2x32 } from '../threefry';

/**
 * A stream of random numbers, named by (seed, stream), both u32. `drawn` is its whole state: the number of blocks so
 * far. A stream that is made with this number continues from there.
 */
export class Rng {
  constructor(
    readonly seed: number,
    readonly stream: number = 0,
    private drawn: number = 0,
  ) {}

  private block(): [number, number] {
    const words = threefry2x32(this.seed, this.stream, this.drawn >>> 0, Math.floor(this.drawn / 2 ** 32));
    this.drawn++;
    return words;
  }

  /** In [0, 1), with 53 random bits. */
  uniform(): number {
    const [x0, x1] = this.block();
    return ((x0 >>> 5) * 2 ** 26 + (x1 >>> 6)) * 2 ** -53;
  }

  /** Mean 0, standard deviation 1 (Box–Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** In 0 … n − 1, each equally likely; 1 ≤ n ≤ 2³². */
  integer(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 32))
      throw new RangeError(`Rng.integer: n must be an integer in 1 … 2^32, not ${n}`);
    // Words from the last, incomplete run of n would favour small results: draw again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const [word] = this.block();
      if (word < limit) return word % n;
    }
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled: T[] = [];
    for (const item of items) {
      const at = this.integer(shuffled.length + 1);
      shuffled.push(...shuffled.splice(at, 1, item)); // the displaced item, or nothing when `at` is the end
    }
    return shuffled;
  }
}
