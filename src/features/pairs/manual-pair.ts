import type { Candidate, Rollout } from '../../records/candidates';

export type Role = 'chosen' | 'rejected';
interface Pair {
  readonly chosen: number;
  readonly rejected: number;
}

const lowest = ({ s }: Candidate) => s ?? Number.NEGATIVE_INFINITY;

/**
 * The pair after giving a candidate a role, or the reason why that is not possible, as a sentence. The previous
 * holder of the role takes the other role if the candidate had it. An empty role goes to the best of the others
 * (chosen) or to the worst well-formed one (rejected).
 */
export function withRole({ candidates }: Rollout, before: Pair | null, role: Role, index: number): Pair | string {
  const own = candidates[index];
  if (own === undefined) return 'There is no such candidate.';
  if (before?.[role] === index) return `It is already the ${role}.`;
  if (role === 'chosen' && own.malformed !== null) return 'A malformed candidate cannot be chosen.';
  const others = candidates.filter((one) => one !== own && (role === 'chosen' || one.malformed === null));
  if (others.length === 0) return 'No other candidate is well-formed, so none can be chosen over it.';
  const different = others.filter(({ text }) => text !== own.text).toSorted((a, b) => lowest(b) - lowest(a));
  if (different.length === 0) return 'All other candidates have the same text.';
  const other = role === 'chosen' ? 'rejected' : 'chosen';
  const kept = different.find((one) => one.index === (before?.[other] === index ? before[role] : before?.[other]));
  const best = different[0];
  const worst = different.findLast(({ malformed }) => malformed === null) ?? different.at(-1);
  const partner = (kept ?? (role === 'chosen' ? worst : best))?.index ?? index;
  return role === 'chosen' ? { chosen: index, rejected: partner } : { chosen: partner, rejected: index };
}

/** Why no pair can be made from a prompt at all, or null if one can. */
export function noManualPair({ candidates }: Rollout): string | null {
  const wellFormed = candidates.filter(({ malformed }) => malformed === null);
  if (wellFormed.length === 0) return 'All candidates are malformed, so none can be chosen.';
  return new Set(candidates.map(({ text }) => text)).size < 2 ? 'All candidates have the same text.' : null;
}
