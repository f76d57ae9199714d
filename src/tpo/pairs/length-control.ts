/**
 * Length control: a response's score is corrected by its length before the pair is chosen. The win rate at equal
 * lengths is another correction (evaluation/length-controlled-win-rate.ts).
 */
import { at } from '../../lib/assert';
import { zScores } from '../../lib/statistics';
import type { Candidate } from '../../records/candidates';

/**
 * The length-controlled score of each response: s = z(score) − rho·z(length). z is taken over the values given, with
 * the population standard deviation, and is 0 where that is 0.
 */
export function lengthControl(scores: readonly number[], lengths: readonly number[], rho: number): number[] {
  const zLength = zScores(lengths);
  return zScores(scores).map((z, i) => z - rho * at(zLength, i));
}

/**
 * Sets `s` of each well-formed candidate with a score, and null for the others. The length is that of the response,
 * in tokens.
 */
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
