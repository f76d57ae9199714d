/** The loop's `RunStore` on IndexedDB. */
import type { Purpose, Rollout, RolloutFilter } from '../../records/candidates';
import type { SftStep, StepMetrics } from '../../records/training';
import type { RunStore } from '../../tpo/store';
import { type Database, ownedBy, type StoreName } from '../database';
import { commitCheckpoint, putIterationAdapter, readHead, readIterationAdapter } from './checkpoints';
import { createRejudgementStore } from './rejudgements';
import { byIterationAndArm, changeRun, grow, requireRun, rowOf, sizeOf } from './rows';
import { createVoteStore } from './votes';

/** The stores whose keys begin with a run's id. */
const OWNED = [
  'rollouts',
  'evaluations',
  'iterations',
  'steps',
  'warnings',
  'votes',
  'pairEdits',
  'rejudgements',
  'rejudgedPairs',
  'rejudgedWords',
  'heads',
  'iterationAdapters',
  'chunks',
] as const satisfies readonly StoreName[];

const PURPOSES = ['train', 'evaluate', 'warm-up'] as const satisfies readonly Purpose[];

export function createRunStore(database: Database): RunStore {
  return {
    ...createVoteStore(database),
    ...createRejudgementStore(database),

    async create(run) {
      await database.write(['runs'], (transaction) =>
        transaction.objectStore('runs').add(rowOf(run.id, { ...run, bytes: 0 })),
      );
    },

    async update(runId, change) {
      await database.write(['runs'], (transaction) =>
        changeRun(transaction.objectStore('runs'), runId, (summary) => ({ ...summary, ...change })),
      );
    },

    async list() {
      const rows = await database.read(['runs'], (transaction) => transaction.objectStore('runs').getAll());
      return rows.map(({ value }) => value).sort((a, b) => b.created - a.created);
    },

    async get(runId) {
      const found = await database.read(['runs'], (transaction) => transaction.objectStore('runs').get(runId));
      return found?.value ?? null;
    },

    detail: (runId) =>
      database.read(['runs', 'evaluations', 'iterations', 'steps', 'warnings'], async (transaction) => {
        const [run, evaluations, iterations, steps, warnings] = await Promise.all([
          transaction.objectStore('runs').get(runId),
          transaction.objectStore('evaluations').getAll(ownedBy(runId)),
          transaction.objectStore('iterations').getAll(ownedBy(runId)),
          transaction.objectStore('steps').getAll(ownedBy(runId)),
          transaction.objectStore('warnings').getAll(ownedBy(runId)),
        ]);
        if (!run) return null;
        return {
          summary: run.value,
          evaluations: evaluations.map(({ value }) => value).sort(byIterationAndArm),
          iterations: iterations.map(({ value }) => value).sort(byIterationAndArm),
          steps: steps
            .map(({ value }) => value)
            .filter(isPreference)
            .sort(byIterationAndArm),
          sftSteps: steps.map(({ value }) => value).filter(isSft),
          warnings: warnings.sort((a, b) => a.at - b.at).map(({ value }) => value),
          progress: null,
        };
      }),

    async delete(runId) {
      await database.write(['runs', ...OWNED], async (transaction) => {
        const owned = ownedBy(runId);
        await Promise.all([
          transaction.objectStore('runs').delete(runId),
          ...OWNED.map((name) => transaction.objectStore(name).delete(owned)),
        ]);
      });
    },

    async putRollout(runId, rollout) {
      const bytes = sizeOf(rollout);
      await database.write(['runs', 'rollouts'], async (transaction) => {
        const rollouts = transaction.objectStore('rollouts');
        const before = await rollouts.get([runId, rollout.purpose, rollout.iteration, rollout.arm, rollout.position]);
        await Promise.all([
          rollouts.put({ ...rowOf(runId, rollout), bytes }),
          grow(transaction.objectStore('runs'), runId, bytes - (before?.bytes ?? 0)),
        ]);
      });
    },

    async rollouts(runId, filter) {
      const rows = await database.read(['rollouts'], async (transaction) => {
        const store = transaction.objectStore('rollouts');
        return (await Promise.all(rangesOf(runId, filter).map((range) => store.getAll(range)))).flat();
      });
      const found = rows.map(({ value }) => value);
      return (filter.arm ? found.filter(({ arm }) => arm === filter.arm) : found).sort(inOrder);
    },

    async putEvaluation(runId, evaluation) {
      await database.write(['runs', 'evaluations'], (transaction) =>
        Promise.all([
          requireRun(transaction.objectStore('runs'), runId),
          transaction.objectStore('evaluations').put(rowOf(runId, evaluation)),
        ]),
      );
    },

    async putIteration(runId, iteration) {
      await database.write(['runs', 'iterations'], (transaction) =>
        Promise.all([
          requireRun(transaction.objectStore('runs'), runId),
          transaction.objectStore('iterations').put(rowOf(runId, iteration)),
        ]),
      );
    },

    async putWarning(runId, warning) {
      await database.write(['runs', 'warnings'], async (transaction) => {
        const warnings = transaction.objectStore('warnings');
        if (await warnings.get([runId, warning.code, warning.message])) return;
        await Promise.all([
          requireRun(transaction.objectStore('runs'), runId),
          warnings.put({ ...rowOf(runId, warning), at: Date.now() }),
        ]);
      });
    },

    commit: (runId, checkpoint, metrics) => commitCheckpoint(database, runId, checkpoint, metrics),
    head: (runId, arm) => readHead(database, runId, arm),
    putIterationAdapter: (runId, arm, iteration, weights) =>
      putIterationAdapter(database, runId, arm, iteration, weights),
    iterationAdapter: (runId, arm, iteration) => readIterationAdapter(database, runId, arm, iteration),
  };
}

/** Key ranges that contain the filtered rollouts. The arm narrows them only if the iteration is given too. */
function rangesOf(runId: string, { purpose, iteration, arm }: RolloutFilter): IDBKeyRange[] {
  return (purpose ? [purpose] : PURPOSES).map((each) => {
    const key =
      iteration === undefined
        ? [runId, each]
        : arm === undefined
          ? [runId, each, iteration]
          : [runId, each, iteration, arm];
    return IDBKeyRange.bound(key, [...key, []]);
  });
}

const isSft = (step: StepMetrics | SftStep): step is SftStep => step.iteration === 0;
const isPreference = (step: StepMetrics | SftStep): step is StepMetrics => step.iteration !== 0;

const inOrder = (a: Rollout, b: Rollout): number =>
  byIterationAndArm(a, b) || PURPOSES.indexOf(a.purpose) - PURPOSES.indexOf(b.purpose) || a.position - b.position;
