import { expect, it } from 'vitest';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { sum } from '../../lib/statistics';
import { elo, type Verdict, wins } from './elo';

it('finds the maximum, with mean 0, for any verdicts', () => {
  const random = new Random(6);
  const verdicts: Verdict[] = [1, 0, -1, null];
  for (const k of [2, 3, 8, 16]) {
    for (let trial = 0; trial < 5; trial++) {
      const r = Array.from({ length: k }, (_, m) =>
        Array.from({ length: k }, (_, n) => (m === n ? null : at(verdicts, random.below(4)))),
      );
      const b = wins(r);
      const e = elo(r);
      expect(sum(e)).toBeCloseTo(0, 9);
      // d/de_m Σ (B + 0.1) log σ(e_m − e_n) = Σ_n (B_mn + 0.1)·σ(e_n − e_m) − (B_nm + 0.1)·σ(e_m − e_n)
      for (let m = 0; m < k; m++) {
        const gradient = sum(
          e.map((x, n) => {
            if (n === m) return 0;
            const probability = 1 / (1 + Math.exp(at(e, m) - x));
            return (at(at(b, m), n) + 0.1) * probability - (at(at(b, n), m) + 0.1) * (1 - probability);
          }),
        );
        expect(Math.abs(gradient)).toBeLessThan(1e-8);
      }
    }
  }
});

it('is empty for no candidates, and 0 for one', () => {
  expect(elo([])).toEqual([]);
  expect(elo([[null]])).toEqual([0]);
});
