import type { Arm } from '../../recipe/recipe';
import type { RunSummary } from '../../records/runs';
import { exportAdapter } from '../../state/actions';
import { saveBlob } from '../../ui/save';

const FILES: Record<Arm, string> = { thinking: 'adapter', direct: 'adapter-direct' };

/** A run's name as files have it. */
export const stemOf = (run: Pick<RunSummary, 'name'>): string =>
  run.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'run';

/** As a zip. @param iteration whose; without it the newest */
export async function saveAdapter(run: RunSummary, arm: Arm, iteration?: number): Promise<void> {
  const zip = await exportAdapter(run.id, arm, iteration);
  const name = `${stemOf(run)}-${FILES[arm]}${iteration === undefined ? '' : `-${iteration}`}.zip`;
  if (zip) saveBlob(name, new Blob([new Uint8Array(zip)], { type: 'application/zip' }));
}
