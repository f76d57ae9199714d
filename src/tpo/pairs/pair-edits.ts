/** Pairs that the user has changed or excluded. */
import { at } from '../../lib/assert';
import type { Rollout } from '../../records/candidates';
import type { PairChoice, PairEdit, PromptPlace, StoredPairEdit } from '../../records/pairs';

/**
 * The stored edit of a pair after a change; null if nothing is left of it.
 * @param pair the new choice; null takes the last change back
 * @param begun whether training of the iteration has begun
 */
export function editOf(
  { iteration, arm, position }: PromptPlace,
  before: StoredPairEdit | null,
  pair: PairEdit['pair'] | null,
  begun: boolean,
): StoredPairEdit | null {
  const early = begun ? (before?.early ?? null) : pair;
  const late = begun ? pair : null;
  return early === null && late === null ? null : { iteration, arm, position, early, late };
}

/** The edit as the page shows it: the latest choice. */
export function pairEdit({ iteration, arm, position, early, late }: StoredPairEdit): PairEdit | null {
  const pair = late ?? early;
  return pair && { iteration, arm, position, pair, late: late !== null };
}

/**
 * The rollouts with their pairs replaced by the user's edits.
 * @param which `early`: the pairs that are trained on; `late`: the pairs that are exported
 */
export function withPairEdits(
  rollouts: readonly Rollout[],
  edits: readonly StoredPairEdit[],
  which: 'early' | 'late',
): readonly Rollout[] {
  const byPlace = new Map(edits.map((edit) => [placeKey(edit), edit]));
  return rollouts.map((rollout) => {
    const edit = rollout.purpose === 'train' ? byPlace.get(placeKey(rollout)) : undefined;
    const pair = edit && (which === 'early' ? edit.early : (edit.late ?? edit.early));
    return pair ? { ...rollout, pair: choiceOf(rollout, pair) } : rollout;
  });
}

function choiceOf({ candidates }: Rollout, pair: PairEdit['pair']): PairChoice {
  if (pair === 'excluded') return { none: 'excluded' };
  return { ...pair, rejectedMalformed: at(candidates, pair.rejected).malformed !== null };
}

const placeKey = ({ iteration, arm, position }: PromptPlace): string => `${iteration} ${arm} ${position}`;
