/** Writes a run's results into its folder: adapters in PEFT's format, pairs, the report, a screenshot of the Lab. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Arm } from '../../src/recipe/recipe';
import type { RunSummary } from '../../src/records/runs';
import type { LabPage } from '../browser/lab-page';

export const adapterFolders: Readonly<Record<Arm, string>> = { thinking: 'adapter', direct: 'adapter-direct' };

/** Unpacks an exported adapter. Folders in its file names are ignored. */
export function writeAdapter(zip: Uint8Array, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    if (!name.endsWith('/')) writeFileSync(join(folder, basename(name)), bytes);
  }
}

export async function writeResults(lab: LabPage, run: RunSummary, out: string): Promise<void> {
  for (const arm of run.recipe.arms) {
    const zip = await lab.ask((worker, { id, arm }) => worker.exportAdapter(id, arm), { id: run.id, arm });
    writeAdapter(zip, join(out, adapterFolders[arm]));
  }
  writeFileSync(join(out, 'pairs.jsonl'), await lab.ask((worker, id) => worker.exportPairs(id), run.id));
  const report = await lab.ask((worker, id) => worker.report(id), run.id);
  writeFileSync(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await lab.page.evaluate(() => document.fonts.ready.then(() => undefined));
  await lab.page.screenshot({ path: join(out, 'lab.png'), animations: 'disabled' });
}
