import { Download } from 'lucide-react';
import type { Arm } from '../../recipe/recipe';
import type { RunSummary } from '../../records/runs';
import { exportAdapter, exportMetrics, exportPairs } from '../../state/runs/run-actions';
import { Button } from '../../ui/Button';
import { ARM_NAME } from '../../ui/format';
import { saveBlob, saveText } from '../../ui/save';

/** Buttons that save the adapters, pairs and metrics of a run. */
export function Exports({ run }: { readonly run: RunSummary }) {
  const stem = stemOf(run);
  const pairs = async () => {
    const text = await exportPairs(run.id);
    if (text !== undefined) saveText(`${stem}-pairs.jsonl`, 'application/x-ndjson', text);
  };
  const metrics = async () => {
    const text = await exportMetrics(run.id);
    if (text !== undefined) saveText(`${stem}-metrics.csv`, 'text/csv', text);
  };
  return (
    <>
      {run.recipe.arms.map((arm, i) => (
        <Button
          key={arm}
          look={i === 0 && run.status === 'finished' ? 'primary' : 'plain'}
          onClick={() => void saveAdapter(run, arm)}
          title={
            'The newest adapter as a zip file that PEFT can load: adapter_config.json, ' +
            'adapter_model.safetensors and README.md'
          }
        >
          <Download aria-hidden="true" /> Adapter, {ARM_NAME[arm]}
        </Button>
      ))}
      <Button onClick={pairs} title="JSON Lines with prompt, chosen and rejected, the preference format of TRL">
        <Download aria-hidden="true" /> Pairs, JSONL
      </Button>
      <Button onClick={metrics} title="CSV with one row for each training step">
        <Download aria-hidden="true" /> Metrics, CSV
      </Button>
    </>
  );
}

const FILES: Record<Arm, string> = { thinking: 'adapter', direct: 'adapter-direct' };

/** The name of a run in file names. */
export const stemOf = (run: Pick<RunSummary, 'name'>): string =>
  run.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'run';

/** Saves an adapter as a zip file. @param iteration the newest if absent */
export async function saveAdapter(run: RunSummary, arm: Arm, iteration?: number): Promise<void> {
  const zip = await exportAdapter(run.id, arm, iteration);
  const name = `${stemOf(run)}-${FILES[arm]}${iteration === undefined ? '' : `-${iteration}`}.zip`;
  if (zip) saveBlob(name, new Blob([new Uint8Array(zip)], { type: 'application/zip' }));
}
