import { Download } from 'lucide-react';
import type { RunSummary } from '../../records/runs';
import { exportMetrics, exportPairs } from '../../state/actions';
import { ARM_NAME } from '../../ui/arm-name';
import { Button } from '../../ui/Button';
import { saveText } from '../../ui/save';
import { saveAdapter, stemOf } from './save-adapter';

/** What the reader leaves with. */
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
          title="The newest, as a zip that PEFT loads: adapter_config.json, adapter_model.safetensors, README.md"
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
