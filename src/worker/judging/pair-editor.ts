/** Pairs that a reader changes by hand. */
import { LabError } from '../../lib/errors';
import type { PairEdit, PromptPlace } from '../../records/pairs';
import { editOf, pairEdit } from '../../tpo/pairs/pair-edits';
import type { RunStore } from '../../tpo/store';

export class PairEditor {
  constructor(private readonly store: RunStore) {}

  /**
   * @param prompt whose pair is changed
   * @param pair null undoes the edit
   * @returns the edit that is in effect now
   * @throws LabError not-found
   */
  async edit(runId: string, prompt: PromptPlace, pair: PairEdit['pair'] | null): Promise<PairEdit | null> {
    const { iteration, arm, position } = prompt;
    const rollouts = await this.store.rollouts(runId, { purpose: 'train', iteration, arm });
    const rollout = rollouts.find((other) => other.position === position);
    if (!rollout) throw new LabError('not-found', 'This prompt has no candidates yet.', 'Nothing was changed.');
    if (pair !== null && pair !== 'excluded') {
      const chosen = rollout.candidates[pair.chosen];
      const rejected = rollout.candidates[pair.rejected];
      if (!chosen || !rejected || chosen.text === rejected.text) {
        throw new LabError(
          'not-found',
          'A pair is two different candidates of its prompt.',
          'Nothing was changed. Choose another candidate.',
        );
      }
      if (chosen.malformed !== null) {
        throw new LabError(
          'not-found',
          'A malformed candidate is never chosen.',
          'Nothing was changed. Choose another candidate.',
        );
      }
    }
    const edit = await this.store.editPair(runId, prompt, (before, begun) => editOf(prompt, before, pair, begun));
    return edit && pairEdit(edit);
  }

  async edits(runId: string): Promise<readonly PairEdit[]> {
    return (await this.store.pairEdits(runId)).flatMap((edit) => pairEdit(edit) ?? []);
  }
}
