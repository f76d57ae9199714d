import { Download } from 'lucide-react';
import { exportAdapter, exportMetrics, exportPairs } from '../../state/actions';
import { ARM_NAME } from '../../ui/arm-name';
import { Button } from '../../ui/Button';
import { saveBlob, saveText } from '../../ui/save';
import type { Arm, RunSummary } from '../../worker/protocol';

const FILES: Record<Arm, string> = { thinking: 'adapter', direct: 'adapter-direct' };

/** What the reader leaves with. */
export function Exports({ run }: { readonly run: RunSummary }) {
  const stem =
    run.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'run';
  const adapter = async (arm: Arm) => {
    const zip = await exportAdapter(run.id, arm);
    if (zip) saveBlob(`${stem}-${FILES[arm]}.zip`, new Blob([new Uint8Array(zip)], { type: 'application/zip' }));
  };
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
          onClick={() => adapter(arm)}
          title="A zip that PEFT loads: adapter_config.json, adapter_model.safetensors, README.md"
        >
          <Download aria-hidden="true" /> Adapter, {ARM_NAME[arm]}
        </Button>
      ))}
      <Button onClick={pairs} title="prompt, chosen, rejected: TRL’s preference format">
        <Download aria-hidden="true" /> Pairs, JSONL
      </Button>
      <Button onClick={metrics} title="One row for every training step">
        <Download aria-hidden="true" /> Metrics, CSV
      </Button>
    </>
  );
}
