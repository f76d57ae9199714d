import { LabError } from '../../lib/errors';
import type { RunLock } from '../../storage/runs/run-lock';

/**
 * @param runId of a run that begins or runs in this tab
 * @param why it waits, as a sentence's second half
 * @throws LabError running-elsewhere
 */
export async function nothingRuns(lock: Pick<RunLock, 'holder'>, runId: string | null, why: string): Promise<void> {
  const holder = await lock.holder();
  if (holder === null && runId === null) return;
  throw new LabError(
    'running-elsewhere',
    holder?.here === false ? 'A run is running in another tab.' : 'A run is running in this tab.',
    `Stop it first, or let it end: ${why}.`,
  );
}
