/** Checkpoints of an arm's state. Whenever a crash happens, either the old or the new checkpoint is complete. */

import type { Arm } from '../../recipe/recipe';
import type { ArmState, Checkpoint } from '../../records/runs';
import type { SftStep, StepMetrics } from '../../records/training';
import { deleteChunks, floatBytes, getChunks, manifestBytes, openChunks, storeChunks } from '../chunks';
import type { Database } from '../database';
import { RECORD_VERSION } from '../migrations';
import { grow } from './rows';

/**
 * Writes the chunks under new ids. Then one strict transaction writes the manifest as the arm's head and the step's
 * metrics, and deletes the chunks of the previous head.
 * @throws LabError storage-full, not-found (the run was deleted). The previous head then remains.
 */
export async function commitCheckpoint(
  database: Database,
  runId: string,
  checkpoint: Checkpoint,
  metrics: StepMetrics | SftStep | null,
): Promise<void> {
  const { arm, iteration, step, state, reference, recipeHash } = checkpoint;
  await storeChunks(database, runId, partsOf(state), (manifest) =>
    database.write(['runs', 'heads', 'steps', 'chunks'], async (transaction) => {
      const heads = transaction.objectStore('heads');
      const before = await heads.get([runId, arm]);
      await Promise.all([
        heads.put({
          version: RECORD_VERSION,
          runId,
          value: { arm, iteration, step, optimizerStep: state.step, reference, recipeHash, manifest },
        }),
        metrics && transaction.objectStore('steps').put({ version: RECORD_VERSION, runId, value: metrics }),
        before && deleteChunks(transaction.objectStore('chunks'), runId, before.value.manifest.chunks),
        grow(transaction.objectStore('runs'), runId, manifestBytes(manifest) - manifestBytes(before?.value.manifest)),
      ]);
    }),
  );
}

/** @throws LabError bad-file */
export async function readHead(database: Database, runId: string, arm: Arm): Promise<Checkpoint | null> {
  const found = await database.read(['heads', 'chunks'], async (transaction) => {
    const row = await transaction.objectStore('heads').get([runId, arm]);
    return (
      row && {
        head: row.value,
        records: await getChunks(transaction.objectStore('chunks'), runId, row.value.manifest),
      }
    );
  });
  if (!found) return null;
  const { iteration, step, optimizerStep, reference, recipeHash, manifest } = found.head;
  const parts = await openChunks(manifest, found.records, `The saved state of this run's ${arm} arm`);
  return { arm, iteration, step, state: stateOf(parts, optimizerStep), reference, recipeHash };
}

export async function putIterationAdapter(
  database: Database,
  runId: string,
  arm: Arm,
  iteration: number,
  weights: Float32Array,
): Promise<void> {
  await storeChunks(database, runId, [floatBytes(weights)], (manifest) =>
    database.write(['runs', 'iterationAdapters', 'chunks'], async (transaction) => {
      const adapters = transaction.objectStore('iterationAdapters');
      const before = await adapters.get([runId, arm, iteration]);
      await Promise.all([
        adapters.put({ version: RECORD_VERSION, runId, value: { arm, iteration, manifest } }),
        before && deleteChunks(transaction.objectStore('chunks'), runId, before.value.manifest.chunks),
        grow(transaction.objectStore('runs'), runId, manifestBytes(manifest) - manifestBytes(before?.value.manifest)),
      ]);
    }),
  );
}

/** @throws LabError bad-file */
export async function readIterationAdapter(
  database: Database,
  runId: string,
  arm: Arm,
  iteration: number,
): Promise<Float32Array | null> {
  const found = await database.read(['iterationAdapters', 'chunks'], async (transaction) => {
    const row = await transaction.objectStore('iterationAdapters').get([runId, arm, iteration]);
    return (
      row && {
        manifest: row.value.manifest,
        records: await getChunks(transaction.objectStore('chunks'), runId, row.value.manifest),
      }
    );
  });
  if (!found) return null;
  const [weights] = await openChunks(
    found.manifest,
    found.records,
    `The saved ${arm} adapter of iteration ${iteration}`,
  );
  return weights ? new Float32Array(weights.buffer) : null;
}

function partsOf({ weights, m, v }: ArmState): Uint8Array[] {
  return m && v ? [floatBytes(weights), floatBytes(m), floatBytes(v)] : [floatBytes(weights)];
}

function stateOf(parts: readonly Uint8Array<ArrayBuffer>[], step: number): ArmState {
  const [weights = new Float32Array(0), m = null, v = null] = parts.map((part) => new Float32Array(part.buffer));
  return { weights, m, v, step };
}
