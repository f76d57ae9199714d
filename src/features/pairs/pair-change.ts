/** The pair that a judge makes from a prompt, or why it makes none. */
type Choice = { readonly chosen: number; readonly rejected: number } | { readonly none: string };

/** `gained`: a pair where there was none before. `lost`: no pair where there was one. */
export type PairChange = 'same' | 'other-chosen' | 'other-rejected' | 'other-both' | 'swapped' | 'gained' | 'lost';

/** How a pair differs from the one before it. */
export function pairChange(before: Choice | null, after: Choice): PairChange {
  const was = before !== null && 'chosen' in before ? before : null;
  const is = 'chosen' in after ? after : null;
  if (was === null || is === null) return was === is ? 'same' : is === null ? 'lost' : 'gained';
  if (was.chosen === is.rejected && was.rejected === is.chosen) return 'swapped';
  const [chosen, rejected] = [was.chosen !== is.chosen, was.rejected !== is.rejected];
  if (chosen && rejected) return 'other-both';
  return chosen ? 'other-chosen' : rejected ? 'other-rejected' : 'same';
}
