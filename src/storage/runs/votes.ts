/** The votes of people and the pairs that they edited. */
import type { PromptPlace } from '../../records/pairs';
import type { VoteStore } from '../../tpo/store';
import { type Database, ownedBy } from '../database';
import { byIterationAndArm, countedRowOf, grow } from './rows';

type Key = [runId: string, iteration: number, arm: PromptPlace['arm'], position: number];

const keyOf = (runId: string, { iteration, arm, position }: PromptPlace): Key => [runId, iteration, arm, position];

export function createVoteStore(database: Database): VoteStore {
  return {
    async putVote(runId, vote) {
      await database.write(['runs', 'votes'], async (transaction) => {
        const votes = transaction.objectStore('votes');
        const before = await votes.get(keyOf(runId, vote));
        const row = countedRowOf(runId, vote);
        await Promise.all([
          votes.put(row),
          grow(transaction.objectStore('runs'), runId, row.bytes - (before?.bytes ?? 0)),
        ]);
      });
    },

    async deleteVote(runId, place) {
      await database.write(['runs', 'votes'], async (transaction) => {
        const votes = transaction.objectStore('votes');
        const key = keyOf(runId, place);
        const before = await votes.get(key);
        await Promise.all([votes.delete(key), grow(transaction.objectStore('runs'), runId, -(before?.bytes ?? 0))]);
      });
    },

    async votes(runId) {
      const rows = await database.read(['votes'], (transaction) =>
        transaction.objectStore('votes').getAll(ownedBy(runId)),
      );
      return rows.map(({ value }) => value).sort((a, b) => a.at - b.at);
    },

    editPair: (runId, place, change) =>
      database.write(['runs', 'pairEdits', 'heads', 'iterationAdapters'], async (transaction) => {
        const edits = transaction.objectStore('pairEdits');
        const key = keyOf(runId, place);
        const [before, head, adapter] = await Promise.all([
          edits.get(key),
          transaction.objectStore('heads').get([runId, place.arm]),
          transaction.objectStore('iterationAdapters').getKey([runId, place.arm, place.iteration]),
        ]);
        // Training of an iteration begins with the reference log-probabilities, and ends with its adapter.
        const begun =
          adapter !== undefined ||
          (head !== undefined &&
            (head.value.iteration > place.iteration ||
              (head.value.iteration === place.iteration && head.value.reference !== null)));
        const edit = change(before?.value ?? null, begun);
        const row = edit && countedRowOf(runId, edit);
        await Promise.all([
          row ? edits.put(row) : edits.delete(key),
          grow(transaction.objectStore('runs'), runId, (row?.bytes ?? 0) - (before?.bytes ?? 0)),
        ]);
        return edit;
      }),

    async pairEdits(runId) {
      const rows = await database.read(['pairEdits'], (transaction) =>
        transaction.objectStore('pairEdits').getAll(ownedBy(runId)),
      );
      return rows.map(({ value }) => value).sort((a, b) => byIterationAndArm(a, b) || a.position - b.position);
    },
  };
}
