import type { Candidate, Rollout } from '../../records/candidates';

export type Role = 'chosen' | 'rejected';
interface Pair {
  readonly chosen: number;
  readonly rejected: number;
}

const lowest = ({ s }: Candidate) => s ?? Number.NEGATIVE_INFINITY;

/**
 * The pair with a candidate in a role, or why there is none, as a sentence. Whoever had the role may take the other one; a
 * role that nobody can keep goes to the best of the others, or to the worst of the well-formed.
 */
export function withRole({ candidates }: Rollout, before: Pair | null, role: Role, index: number): Pair | string {
  const own = candidates[index];
  if (own === undefined) return 'There is no such candidate.';
  if (before?.[role] === index) return `It is the ${role} already.`;
  if (role === 'chosen' && own.malformed !== null) return 'A malformed candidate is never chosen.';
  const others = candidates.filter((one) => one !== own && (role === 'chosen' || one.malformed === null));
  if (others.length === 0) return 'No other candidate is well-formed: there is nothing to choose over it.';
  const different = others.filter(({ text }) => text !== own.text).toSorted((a, b) => lowest(b) - lowest(a));
  if (different.length === 0) return 'All others are the same text.';
  const other = role === 'chosen' ? 'rejected' : 'chosen';
  const kept = different.find((one) => one.index === (before?.[other] === index ? before[role] : before?.[other]));
  const best = different[0];
  const worst = different.findLast(({ malformed }) => malformed === null) ?? different.at(-1);
  const partner = (kept ?? (role === 'chosen' ? worst : best))?.index ?? index;
  return role === 'chosen' ? { chosen: index, rejected: partner } : { chosen: partner, rejected: index };
}

/** Why no pair can be made of a prompt at all; null where one can. */
export function noPairByHand({ candidates }: Rollout): string | null {
  const wellFormed = candidates.filter(({ malformed }) => malformed === null);
  if (wellFormed.length === 0) return 'All candidates are malformed: there is none to choose.';
  return new Set(candidates.map(({ text }) => text)).size < 2 ? 'All candidates are the same text.' : null;
}
