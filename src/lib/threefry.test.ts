import { describe, expect, it } from 'vitest';
import { Rng } from './testing/rng';
import { threefry2x32 } from './threefry';

describe('threefry2x32', () => {
  // Known answers of Random123 (kat_vectors, threefry2x32 with 20 rounds).
  it.each<{ key: [number, number]; counter: [number, number]; words: [number, number] }>([
    { key: [0, 0], counter: [0, 0], words: [0x6b200159, 0x99ba4efe] },
    { key: [0xffffffff, 0xffffffff], counter: [0xffffffff, 0xffffffff], words: [0x1cb996fc, 0xbb002be7] },
    { key: [0x13198a2e, 0x03707344], counter: [0x243f6a88, 0x85a308d3], words: [0xc4923a9c, 0x483df7a0] },
  ])('key $key, counter $counter', ({ key, counter, words }) => {
    expect(threefry2x32(...key, ...counter)).toEqual(words);
  });
});

describe('Rng', () => {
  const draws = 20_000;
  const many = (draw: () => number): number[] => Array.from({ length: draws }, draw);
  const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

  it('repeats itself, and continues from its count', () => {
    const whole = new Rng(7, 3);
    const first = Array.from({ length: 10 }, () => whole.uniform());
    const resumed = new Rng(7, 3, 4);
    expect(Array.from({ length: 6 }, () => resumed.uniform())).toEqual(first.slice(4));
    expect(new Rng(7, 4).uniform()).not.toBe(first[0]);
    expect(new Rng(8, 3).uniform()).not.toBe(first[0]);
  });

  it('draws uniforms in [0, 1) with mean 1/2 and variance 1/12', () => {
    const rng = new Rng(1);
    const xs = many(() => rng.uniform());
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...xs)).toBeLessThan(1);
    expect(Math.abs(mean(xs) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / draws));
    expect(Math.abs(mean(xs.map((x) => (x - 0.5) ** 2)) - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / draws));
  });

  it('draws normals with mean 0, variance 1 and kurtosis 3', () => {
    const rng = new Rng(2);
    const xs = many(() => rng.normal());
    expect(Math.abs(mean(xs))).toBeLessThan(4 / Math.sqrt(draws));
    expect(Math.abs(mean(xs.map((x) => x * x)) - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
    expect(Math.abs(mean(xs.map((x) => x ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / draws));
  });

  it('draws every integer below n equally often', () => {
    const rng = new Rng(3);
    const counts = new Array<number>(7).fill(0);
    for (const i of many(() => rng.integer(7))) counts[i] = (counts[i] ?? 0) + 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - draws / 7) ** 2 / (draws / 7), 0);
    expect(chiSquare).toBeLessThan(22.5); // 6 degrees of freedom, p = 0.001
    // Here taking a word modulo n would give results below 2^30 twice as often as the rest: 1/2 instead of 1/3.
    const low = mean(many(() => (rng.integer(3 * 2 ** 30) < 2 ** 30 ? 1 : 0)));
    expect(Math.abs(low - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / draws));
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('refuses integer(%d)', (n) => {
    expect(() => new Rng(0).integer(n)).toThrow(RangeError);
  });

  it('shuffles: a permutation, each of the six orders of three equally often', () => {
    const rng = new Rng(4);
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = rng.shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(20.5); // 5 degrees of freedom, p = 0.001
  });
});
