/**
 * Re-judgements: the verdicts of another judge on an iteration that has been judged. Each has one row for itself and
 * two rows per prompt, because the pairs are read often and the judge's replies are long.
 */
import type { RejudgementStore } from '../../tpo/store';
import { type Database, ownedBy } from '../database';
import type { RejudgedRow } from '../schema';
import { countedRowOf, grow, rowOf, sizeOf } from './rows';

export function createRejudgementStore(database: Database): RejudgementStore {
  return {
    async putRejudgement(rejudgement, judged) {
      const { id, runId } = rejudgement;
      const row = <T>(value: T): RejudgedRow<T> => ({ ...rowOf(runId, value), rejudgement: id });
      const pairs = judged.map(({ judgement: _, ...pair }) => pair);
      const words = judged.map(({ position, judgement }) => ({ position, judgement }));
      await database.write(['runs', 'rejudgements', 'rejudgedPairs', 'rejudgedWords'], async (transaction) => {
        const store = transaction.objectStore('rejudgements');
        const before = await store.get([runId, id]);
        // Bytes of the prompts that were stored before. The new bytes are added to them.
        const earlier = before ? before.bytes - sizeOf(before.value) : 0;
        const bytes = earlier + [rejudgement, ...pairs, ...words].reduce((total, value) => total + sizeOf(value), 0);
        await Promise.all([
          store.put({ ...countedRowOf(runId, rejudgement), bytes }),
          grow(transaction.objectStore('runs'), runId, bytes - (before?.bytes ?? 0)),
          ...pairs.map((value) => transaction.objectStore('rejudgedPairs').put(row(value))),
          ...words.map((value) => transaction.objectStore('rejudgedWords').put(row(value))),
        ]);
      });
    },

    async rejudgements(runId) {
      const rows = await database.read(['rejudgements'], (transaction) =>
        transaction.objectStore('rejudgements').getAll(ownedBy(runId)),
      );
      return rows.map(({ value }) => value).sort((a, b) => b.created - a.created);
    },

    async rejudgedPairs(runId, id) {
      const rows = await database.read(['rejudgedPairs'], (transaction) =>
        transaction.objectStore('rejudgedPairs').getAll(promptsOf(runId, id)),
      );
      return rows.map(({ value }) => value);
    },

    async rejudgedJudgement(runId, id, position) {
      const row = await database.read(['rejudgedWords'], (transaction) =>
        transaction.objectStore('rejudgedWords').get([runId, id, position]),
      );
      return row?.value.judgement ?? null;
    },

    async deleteRejudgement(runId, id) {
      await database.write(['runs', 'rejudgements', 'rejudgedPairs', 'rejudgedWords'], async (transaction) => {
        const store = transaction.objectStore('rejudgements');
        const before = await store.get([runId, id]);
        await Promise.all([
          store.delete([runId, id]),
          transaction.objectStore('rejudgedPairs').delete(promptsOf(runId, id)),
          transaction.objectStore('rejudgedWords').delete(promptsOf(runId, id)),
          grow(transaction.objectStore('runs'), runId, -(before?.bytes ?? 0)),
        ]);
      });
    },
  };
}

/** The keys of all prompts of a re-judgement. */
const promptsOf = (runId: string, id: string): IDBKeyRange => IDBKeyRange.bound([runId, id], [runId, id, []]);
