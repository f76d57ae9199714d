import type { Candidate, Malformed } from '../../records/candidates';

const ORDER: readonly Malformed[] = ['no-marker', 'truncated', 'empty-response'];

/** e.g. "3 without the response marker", "2 not ended after 512 tokens": the most frequent first. @param limit longest completion, in tokens */
export function reasonsText(candidates: readonly Pick<Candidate, 'malformed'>[], limit: number): string[] {
  const words: Record<Malformed, string> = {
    'no-marker': 'without the response marker',
    truncated: `not ended after ${limit.toLocaleString('en')} tokens`,
    'empty-response': 'with an empty response',
  };
  return ORDER.map((reason) => ({ reason, count: candidates.filter(({ malformed }) => malformed === reason).length }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ reason, count }) => `${count} ${words[reason]}`);
}
