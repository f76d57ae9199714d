/** Chooses the pair of one prompt from its candidates. decide-pairs.ts does so for all prompts of an iteration. */
import type { Candidate } from '../../records/candidates';
import type { PairChoice } from '../../records/pairs';

/**
 * Chosen is the candidate with the highest s. Rejected is the first malformed candidate if `malformedAsRejected` is
 * set and there is one, otherwise the candidate with the lowest s. Ties go to the lowest index.
 */
export function choosePair(
  candidates: readonly Pick<Candidate, 'text' | 'malformed' | 's'>[],
  malformedAsRejected: boolean,
): PairChoice {
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
