/** Votes, changed pairs and re-judgements: a run's records that its loop does not make. */
import { ARMS } from '../recipe/recipe';
import type { PromptPlace } from '../records/pairs';
import type { OpinionStore } from '../tpo/store';
import { type Database, ownedBy } from './database';
import { RECORD_VERSION } from './migrations';
import { grow } from './runs';
import type { CountedRow, RejudgedRow } from './schema';

type Name = 'votes' | 'pairEdits' | 'rejudgements';

export function createOpinionStore(database: Database): OpinionStore {
  const keyOf = (
    runId: string,
    { iteration, arm, position }: PromptPlace,
  ): [string, number, PromptPlace['arm'], number] => [runId, iteration, arm, position];

  return {
    async putVote(runId, vote) {
      await database.write(['runs', 'votes'], async (transaction) => {
        const votes = transaction.objectStore('votes');
        const before = await votes.get(keyOf(runId, vote));
        const row = counted(runId, vote);
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
      return (await owned(database, 'votes', runId)).map(({ value }) => value).sort((a, b) => a.at - b.at);
    },

    editPair: (runId, place, change) =>
      database.write(['runs', 'pairEdits', 'heads', 'iterationAdapters'], async (transaction) => {
        const edits = transaction.objectStore('pairEdits');
        const key = keyOf(runId, place);
        const [before, head, kept] = await Promise.all([
          edits.get(key),
          transaction.objectStore('heads').get([runId, place.arm]),
          transaction.objectStore('iterationAdapters').getKey([runId, place.arm, place.iteration]),
        ]);
        const begun =
          kept !== undefined ||
          (head !== undefined &&
            (head.value.iteration > place.iteration ||
              (head.value.iteration === place.iteration && head.value.reference !== null)));
        const edit = change(before?.value ?? null, begun);
        const row = edit && counted(runId, edit);
        await Promise.all([
          row ? edits.put(row) : edits.delete(key),
          grow(transaction.objectStore('runs'), runId, (row?.bytes ?? 0) - (before?.bytes ?? 0)),
        ]);
        return edit;
      }),

    async pairEdits(runId) {
      const byPlace = (a: PromptPlace, b: PromptPlace) =>
        a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm) || a.position - b.position;
      return (await owned(database, 'pairEdits', runId)).map(({ value }) => value).sort(byPlace);
    },

    async putRejudgement(rejudgement, judged) {
      const { id, runId } = rejudgement;
      const row = <T>(value: T): RejudgedRow<T> => ({ version: RECORD_VERSION, runId, rejudgement: id, value });
      const pairs = judged.map(({ judgement: _, ...pair }) => pair);
      const words = judged.map(({ position, judgement }) => ({ position, judgement }));
      await database.write(['runs', 'rejudgements', 'rejudgedPairs', 'rejudgedWords'], async (transaction) => {
        const store = transaction.objectStore('rejudgements');
        const before = await store.get([runId, id]);
        const said = before ? before.bytes - sizeOf(before.value) : 0;
        const bytes = said + [rejudgement, ...pairs, ...words].reduce((total, value) => total + sizeOf(value), 0);
        await Promise.all([
          store.put({ ...counted(runId, rejudgement), bytes }),
          grow(transaction.objectStore('runs'), runId, bytes - (before?.bytes ?? 0)),
          ...pairs.map((value) => transaction.objectStore('rejudgedPairs').put(row(value))),
          ...words.map((value) => transaction.objectStore('rejudgedWords').put(row(value))),
        ]);
      });
    },

    async rejudgements(runId) {
      return (await owned(database, 'rejudgements', runId))
        .map(({ value }) => value)
        .sort((a, b) => b.created - a.created);
    },

    async rejudgedPairs(runId, id) {
      const rows = await database.read(['rejudgedPairs'], (transaction) =>
        transaction.objectStore('rejudgedPairs').getAll(promptsOf(runId, id)),
      );
      return rows.map(({ value }) => value);
    },

    async rejudgedWords(runId, id, position) {
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

/** All prompts of a re-judgement. */
const promptsOf = (runId: string, id: string): IDBKeyRange => IDBKeyRange.bound([runId, id], [runId, id, []]);

/** Length of its JSON. */
const sizeOf = (value: unknown): number => JSON.stringify(value).length;

const counted = <T>(runId: string, value: T): CountedRow<T> => ({
  version: RECORD_VERSION,
  runId,
  value,
  bytes: sizeOf(value),
});

const owned = <N extends Name>(database: Database, name: N, runId: string) =>
  database.read([name], (transaction) => transaction.objectStore(name).getAll(ownedBy(runId)));
