/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): random
 * numbers as a pure function of a key and a counter. The sampler's shader computes the same words, so a draw can be
 * repeated anywhere.
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
