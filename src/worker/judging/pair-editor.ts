/** Pairs that a reader changes by hand. */
import { LabError } from '../../lib/errors';
import type { PairEdit, PromptPlace } from '../../records/pairs';
import { editOf, pairEdit } from '../../tpo/pairs/pair-edits';
import type { RunStore } from '../../tpo/store';

export class PairEditor {
  constructor(private readonly store: RunStore) {}

  /** @param pair null takes the change back. @throws LabError not-found */
  async edit(runId: string, place: PromptPlace, pair: PairEdit['pair'] | null): Promise<PairEdit | null> {
    const { iteration, arm, position } = place;
    const rollouts = await this.store.rollouts(runId, { purpose: 'train', iteration, arm });
    const rollout = rollouts.find((other) => other.position === position);
    if (!rollout) throw new LabError('not-found', 'This prompt has not been written.', 'Nothing was changed.');
    if (pair !== null && pair !== 'excluded') {
      const chosen = rollout.candidates[pair.chosen];
      const rejected = rollout.candidates[pair.rejected];
      if (!chosen || !rejected || chosen.text === rejected.text) {
        throw new LabError(
          'not-found',
          'A pair is two different candidates of its prompt.',
          'Nothing was changed. Choose another.',
        );
      }
      if (chosen.malformed !== null) {
        throw new LabError(
          'not-found',
          'A malformed candidate is never chosen.',
          'Nothing was changed. Choose another.',
        );
      }
    }
    const edit = await this.store.editPair(runId, place, (before, begun) => editOf(place, before, pair, begun));
    return edit && pairEdit(edit);
  }

  async edits(runId: string): Promise<readonly PairEdit[]> {
    return (await this.store.pairEdits(runId)).flatMap((edit) => pairEdit(edit) ?? []);
  }
}
