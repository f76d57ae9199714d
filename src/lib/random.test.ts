import { describe, expect, it } from 'vitest';
import { Random } from './random';

describe('Random', () => {
  it('repeats itself from the same seed and stream, and only then', () => {
    const draw = (seed: number, stream?: string) => new Random(seed, stream).permutation(20).join();
    expect(draw(1, 'a')).toBe(draw(1, 'a'));
    expect(draw(1, 'a')).not.toBe(draw(2, 'a'));
    expect(draw(1, 'a')).not.toBe(draw(1, 'b'));
  });

  it('is uniform', () => {
    const random = new Random(7);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const x = random.below(10);
      counts[x] = (counts[x] ?? 0) + 1;
    }
    // The standard deviation of a count is 95.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    let total = 0;
    for (let i = 0; i < 10_000; i++) total += random.float();
    expect(total / 10_000).toBeCloseTo(0.5, 1);
  });

  it('permutes: every element once, and not in order', () => {
    for (const n of [0, 1, 2, 17, 1500]) {
      const order = new Random(n).permutation(n);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }
    expect(new Random(3).permutation(100)).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('gives every order of three about equally often', () => {
    const random = new Random(11);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = random.permutation(3).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
