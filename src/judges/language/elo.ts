/** Ratings from the verdicts of pairwise comparisons. */
import { at } from '../../lib/assert';
import { sum } from '../../lib/statistics';

/**
 * Verdict about m (shown first) and n (shown second): 1 if m wins, −1 if n wins, 0 for a tie. Null if the reply could
 * not be parsed, and on the diagonal.
 */
export type Verdict = 1 | 0 | -1 | null;

/** Added to every count of wins, so that an undefeated candidate has a finite rating. */
const PSEUDO_COUNT = 0.1;

/** B[m][n] = (r[m][n] = 1) + (r[n][m] = −1): the number of games that m won against n, over both orders. */
export function wins(r: readonly (readonly Verdict[])[]): number[][] {
  return r.map((row, m) => row.map((verdict, n) => (m === n ? 0 : Number(verdict === 1) + Number(r[n]?.[m] === -1))));
}

/**
 * ELO ratings e with mean 0 that maximise Σ_{m≠n} (B[m][n] + 0.1) · log σ(e[m] − e[n]): the Bradley–Terry model,
 * solved by the minorise–maximise iteration of Hunter (2004). Ties and verdicts that could not be parsed count for
 * neither.
 */
export function elo(r: readonly (readonly Verdict[])[]): number[] {
  const k = r.length;
  const weight = wins(r).map((row) => row.map((b) => b + PSEUDO_COUNT));
  const w = (m: number, n: number) => at(at(weight, m), n);
  const others = r.map((_, m) => r.map((_, n) => n).filter((n) => n !== m));
  let e = new Array<number>(k).fill(0);
  // The pseudo-count connects every two candidates, so the iteration converges: in tens of rounds for K = 8.
  for (let round = 0; round < 100_000; round++) {
    const next = others.map((rest, m) => {
      const won = sum(rest.map((n) => w(m, n)));
      const expected = sum(rest.map((n) => (w(m, n) + w(n, m)) / (1 + Math.exp(at(e, n) - at(e, m)))));
      return rest.length === 0 ? 0 : at(e, m) + Math.log(won / expected);
    });
    const center = sum(next) / k;
    const moved = Math.max(0, ...next.map((x, m) => Math.abs(x - center - at(e, m))));
    e = next.map((x) => x - center);
    if (moved < 1e-12) break;
  }
  return e;
}
