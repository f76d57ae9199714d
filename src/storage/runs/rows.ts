/** Rows that belong to a run, and the run's own row inside a transaction. */
import { LabError } from '../../lib/errors';
import { ARMS } from '../../recipe/recipe';
import type { PromptPlace } from '../../records/pairs';
import type { RunSummary } from '../../records/runs';
import { RECORD_VERSION } from '../migrations';
import type { CountedRow, Row } from '../schema';

interface RunRows {
  get(key: string): Promise<Row<RunSummary> | undefined>;
  put(row: Row<RunSummary>): Promise<string>;
}

export const rowOf = <T>(runId: string, value: T): Row<T> => ({ version: RECORD_VERSION, runId, value });

/** Length of the value's JSON. It is what counts as a value's size in the `bytes` of a run. */
export const sizeOf = (value: unknown): number => JSON.stringify(value).length;

export const countedRowOf = <T>(runId: string, value: T): CountedRow<T> => ({
  ...rowOf(runId, value),
  bytes: sizeOf(value),
});

/**
 * Throwing aborts the transaction, so that nothing is written for a run that was deleted in the meantime.
 * @throws LabError not-found
 */
export async function requireRun(runs: Pick<RunRows, 'get'>, runId: string): Promise<Row<RunSummary>> {
  const row = await runs.get(runId);
  if (!row) throw new LabError('not-found', 'This run was deleted.', 'Nothing else is affected. Start a new run.');
  return row;
}

/** @throws LabError not-found */
export async function changeRun(
  runs: RunRows,
  runId: string,
  change: (summary: RunSummary) => RunSummary,
): Promise<void> {
  const row = await requireRun(runs, runId);
  await runs.put({ ...row, value: change(row.value) });
}

/** Adds to the bytes that a run occupies. A negative number subtracts. @throws LabError not-found */
export const grow = (runs: RunRows, runId: string, bytes: number): Promise<void> =>
  changeRun(runs, runId, (summary) => ({ ...summary, bytes: summary.bytes + bytes }));

export const byIterationAndArm = (
  a: Pick<PromptPlace, 'iteration' | 'arm'>,
  b: Pick<PromptPlace, 'iteration' | 'arm'>,
): number => a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm);
