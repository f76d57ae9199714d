/** Ratings from pairwise verdicts. */
import { at } from '../../lib/at';
import { sum } from '../../lib/statistics';

/** Of m first and n second: 1 m wins, −1 n wins, 0 a tie, null not parsed (and the diagonal). */
export type Verdict = 1 | 0 | -1 | null;

/** Keeps the rating of an undefeated candidate finite. */
const PSEUDO_COUNT = 0.1;

/** B[m][n] = (r[m][n] = 1) + (r[n][m] = −1): games, over both orders, that m won against n. */
export function wins(r: readonly (readonly Verdict[])[]): number[][] {
  return r.map((row, m) => row.map((verdict, n) => (m === n ? 0 : Number(verdict === 1) + Number(r[n]?.[m] === -1))));
}

/**
 * ELO ratings e, of mean 0, that maximise Σ_{m≠n} (B[m][n] + 0.1) · log σ(e[m] − e[n]): the Bradley–Terry model, by the
 * minorise–maximise iteration of Hunter (2004). Ties and verdicts that did not parse count for nobody.
 */
export function elo(r: readonly (readonly Verdict[])[]): number[] {
  const k = r.length;
  const weight = wins(r).map((row) => row.map((b) => b + PSEUDO_COUNT));
  const w = (m: number, n: number) => at(at(weight, m), n);
  const others = r.map((_, m) => r.map((_, n) => n).filter((n) => n !== m));
  let e = new Array<number>(k).fill(0);
  // The pseudo-count joins every two candidates, so the iteration contracts; tens of rounds at K = 8.
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
