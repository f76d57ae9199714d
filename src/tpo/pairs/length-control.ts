/** Length control: s = z(score) − rho·z(length), so that a longer response has to be better to win. */
import { at } from '../../lib/at';
import { zScores } from '../../lib/statistics';
import type { Candidate } from '../../records/candidates';

/** z over the values given, with the population's standard deviation; 0 where that is 0. */
export function lengthControl(scores: readonly number[], lengths: readonly number[], rho: number): number[] {
  const zLength = zScores(lengths);
  return zScores(scores).map((z, i) => z - rho * at(zLength, i));
}

/** The candidates with s, over those that are well-formed and scored; null for the others. Length is the response's, in tokens. */
export function withLengthControl(candidates: readonly Candidate[], rho: number): Candidate[] {
  const judged = candidates.flatMap((c) =>
    c.malformed === null && c.score !== null ? [{ index: c.index, score: c.score, length: c.responseTokens }] : [],
  );
  const s = lengthControl(
    judged.map((c) => c.score),
    judged.map((c) => c.length),
    rho,
  );
  const byIndex = new Map(judged.map((c, i) => [c.index, at(s, i)]));
  return candidates.map((c) => ({ ...c, s: byIndex.get(c.index) ?? null }));
}
