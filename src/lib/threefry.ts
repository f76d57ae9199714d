/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): random numbers as a pure
 * function of a key and a counter. The sampler's shader computes the same words, so a draw can be repeated anywhere.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
const ROUNDS = 20;

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Two words (u32) of key and two of counter → two random words (u32). */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const keys = [key0 | 0, key1 | 0, PARITY ^ key0 ^ key1] as const;
  const key = (i: number): number => keys[i % 3] ?? 0;
  let x0 = (counter0 + key(0)) | 0;
  let x1 = (counter1 + key(1)) | 0;
  for (let round = 0; round < ROUNDS; round++) {
    x0 = (x0 + x1) | 0;
    x1 = rotateLeft(x1, ROTATIONS[round % 8] ?? 0) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + key(injection)) | 0;
      x1 = (x1 + key(injection + 1) + injection) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/**
 * A stream of random numbers, named by (seed, stream), both u32. Its whole state is `drawn`, the count of blocks taken so far: storing
 * that number and passing it back continues the stream.
 */
export class Rng {
  constructor(
    readonly seed: number,
    readonly stream: number = 0,
    public drawn: number = 0,
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
