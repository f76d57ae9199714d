/** Checks the stored results of a run of a real model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemorySource } from '../../src/formats/byte-source';
import { openGguf } from '../../src/formats/gguf/gguf';
import { readPeft } from '../../src/formats/peft';
import { readGgufConfig } from '../../src/model/gguf/gguf-config';
import { flatten, layoutOf } from '../../src/model/peft-layout';
import type { Report } from '../../src/records/report';
import { adapterFolders } from '../tpo/results';

export interface Check {
  readonly what: string;
  readonly ok: boolean;
}

/** @param model the GGUF file of the base model */
export async function checkRun(
  out: string,
  model: string,
  expected: { readonly k: number; readonly prompts: number },
): Promise<Check[]> {
  const report: Report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  const { arms, format, iterations } = report.recipe;
  const checks: Check[] = [
    {
      what: `${format}: evaluated before and after, every arm`,
      ok: report.evaluations.length === arms.length * (iterations + 1),
    },
    {
      what: `${format}: ${expected.k} candidates of ${expected.prompts} prompts, every arm`,
      ok:
        report.iterations.length === arms.length * iterations &&
        report.iterations.every(
          (each) => each.prompts === expected.prompts && each.candidates === expected.k * expected.prompts,
        ),
    },
    {
      what: `${format}: trained on every pair, with finite losses that begin at ln 2`,
      ok: report.iterations.every(
        ({ pairs, train }) =>
          train.steps > 0 === pairs > 0 &&
          train.loss.every(Number.isFinite) &&
          (pairs === 0 || Math.abs((train.loss[0] ?? 0) - Math.LN2) < 1e-3),
      ),
    },
    { what: `${format}: memory is what was planned, to the byte`, ok: report.memory.peak === report.memory.planned },
  ];
  const config = await readGgufConfig(await openGguf(new MemorySource(model, new Uint8Array(readFileSync(model)))));
  for (const arm of arms) {
    const folder = join(out, adapterFolders[arm]);
    const weights = new MemorySource(
      'adapter_model.safetensors',
      new Uint8Array(readFileSync(join(folder, 'adapter_model.safetensors'))),
    );
    const adapter = await readPeft(readFileSync(join(folder, 'adapter_config.json'), 'utf8'), weights);
    const flat = flatten(adapter, layoutOf(config, adapter));
    const moved = adapter.tensors.some(({ matrix, values }) => matrix === 'B' && values.some((x) => x !== 0));
    // With a warm-up, the learning rate of the first step is 0.
    const trained = report.iterations.some(
      (each) => each.arm === arm && each.train.learning_rate.some((rate) => rate > 0),
    );
    checks.push({
      what: `${format}: the ${arm} adapter is the model's, finite, and moved where it was trained`,
      ok: flat.every(Number.isFinite) && moved === trained,
    });
  }
  return checks;
}

/** Prints how the time was spent, and the memory. */
export function phases(out: string): string {
  const report: Report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  const rows = report.iterations.map(({ arm, seconds, tokens, pairs }) => {
    const each = Object.entries(seconds).map(([phase, time]) => `${phase} ${time.toFixed(1)} s`);
    return (
      `  ${arm}: ${each.join(', ')}; ${tokens.decoded} tokens written, ${tokens.trained} trained on, ` +
      `${pairs} pairs`
    );
  });
  return [...rows, `  memory: ${(report.memory.peak / 2 ** 20).toFixed(1)} MiB`].join('\n');
}
