/** A run's own record, inside a transaction. */
import { LabError } from '../lib/errors';
import type { RunSummary } from '../records/runs';
import type { Row } from './schema';

interface RunRows {
  get(key: string): Promise<Row<RunSummary> | undefined>;
  put(row: Row<RunSummary>): Promise<string>;
}

/** @throws LabError not-found, which aborts the transaction: nothing is written for a run that was deleted meanwhile */
export async function requireRun(runs: Pick<RunRows, 'get'>, runId: string): Promise<Row<RunSummary>> {
  const row = await runs.get(runId);
  if (!row) throw new LabError('not-found', 'This run was deleted.', 'Nothing else is affected; start a new run.');
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

/** Counts bytes that a run came to hold or, negative, no longer holds. @throws LabError not-found */
export const grow = (runs: RunRows, runId: string, bytes: number): Promise<void> =>
  changeRun(runs, runId, (summary) => ({ ...summary, bytes: summary.bytes + bytes }));
