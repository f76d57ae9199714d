import type { Candidate } from '../../records/candidates';
import type { PairChoice } from '../../records/pairs';

type Choosable = Pick<Candidate, 'text' | 'malformed' | 's'>;

/**
 * chosen: the highest s. rejected: the first malformed candidate if `malformedAsRejected` and there is one, else the lowest s.
 * Ties go to the lowest index.
 */
export function choosePair(candidates: readonly Choosable[], malformedAsRejected: boolean): PairChoice {
  const wellFormed = candidates.filter((c) => c.malformed === null);
  if (wellFormed.length === 0) return { none: 'all-malformed' };
  let best = -1;
  let worst = -1;
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  candidates.forEach(({ malformed, s }, i) => {
    if (malformed !== null || s === null) return;
    if (s > highest) [highest, best] = [s, i];
    if (s < lowest) [lowest, worst] = [s, i];
  });
  if (best === -1) return { none: 'judge-failed' };

  const malformedAt = malformedAsRejected ? candidates.findIndex((c) => c.malformed !== null) : -1;
  if (malformedAt === -1 && highest === lowest) return { none: 'all-equal' };
  const rejected = malformedAt === -1 ? worst : malformedAt;
  if (candidates[best]?.text === candidates[rejected]?.text) return { none: 'same-text' };
  return { chosen: best, rejected, rejectedMalformed: malformedAt !== -1 };
}

/** How many pairs of an iteration may have a malformed rejected: at most `malformedShare` of its prompts. */
export function malformedPairLimit(prompts: number, malformedShare: number): number {
  return Math.floor(malformedShare * prompts + 1e-9); // 0.29 · 100 is a little less than 29
}
