/** Pairs as a reader changed them. */
import { at } from '../../lib/at';
import type { Rollout } from '../../records/candidates';
import type { PairChoice, PairEdit, PromptPlace, StoredPairEdit } from '../../records/pairs';

/** What stands after a change, null to take one back. @param begun whether the iteration has begun to train */
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

/** As the page is told: the last word. */
export function pairEdit({ iteration, arm, position, early, late }: StoredPairEdit): PairEdit | null {
  const pair = late ?? early;
  return pair && { iteration, arm, position, pair, late: late !== null };
}

/**
 * The rollouts with the pairs that readers made of them.
 * @param which `early`: what is trained on; `late`: what is exported, the last word
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
