/**
 * `npm run bench -- device`: runs the self-test of the page (Models → This device) and prints its report: limits,
 * checks, and how near each kind of work comes to the limits.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recipeForModel } from '../../src/recipe/model-recipe';
import { demoPreset, PRESETS } from '../../src/recipe/presets';
import type { DeviceReport } from '../../src/records/device';
import { openLabPage } from '../browser/lab-page';
import { buildIfStale } from '../build';
import { interruptible } from '../interruptible';
import { givenModel, storeModel } from '../tpo/given-model';

const usage = `npm run bench -- device [--model F] [--json F]

  --model F  time the work of this GGUF file instead of the bundled model's
  --json F   also write the report as JSON

Exits with 1 if a check fails.`;

export function deviceTable({ device, model, checks, speeds, variants }: DeviceReport): string {
  const { bandwidth, flops, groupFlops, halfFlops, dispatch, submit } = device.speed;
  const giga = (value: number) => (value / 1e9).toPrecision(3);
  return [
    `${device.name} (${device.kind})`,
    `${giga(bandwidth)} GB/s; ${giga(flops)} GFLOP/s in f32 (${giga(groupFlops)} in one workgroup), ` +
      `${halfFlops === null ? 'no f16' : `${giga(halfFlops)} GFLOP/s in f16`}; ` +
      `${(1e6 * dispatch).toPrecision(2)} µs a dispatch, ${(1e6 * submit).toPrecision(2)} µs a submit`,
    '',
    ...checks.map(({ name, passed, detail }) => `${passed ? 'passed' : 'FAILED'}  ${name}: ${detail}`),
    '',
    model.padEnd(32) + ['tokens/s', 'of the limit', 'ms', 'predicted ms'].map((head) => head.padStart(14)).join(''),
    ...speeds.map(({ work, tokensPerSecond, seconds, predicted, share }) =>
      [
        work.padEnd(32),
        tokensPerSecond.toPrecision(3).padStart(14),
        `${(100 * share).toPrecision(2)}%`.padStart(14),
        (1000 * seconds).toPrecision(3).padStart(14),
        (1000 * predicted).toPrecision(3).padStart(14),
      ].join(''),
    ),
    '',
    ...Object.entries(variants).map(([key, variant]) => `${key}: ${variant}`),
  ].join('\n');
}

export async function benchDevice(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { model: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  await buildIfStale();
  const lab = await openLabPage(null, values.model === undefined ? {} : givenModel(values.model));
  try {
    const found = await lab.ask((worker) => worker.device(), null);
    if (!found.ok) throw new Error(`${found.failure.message} ${found.failure.advice}`);
    const preset = demoPreset(found.device.kind);
    const model = values.model === undefined ? null : await storeModel(lab, values.model);
    const recipe =
      model === null ? PRESETS[preset] : recipeForModel(PRESETS[preset], { ...model, bundled: false }, preset);
    const report = await interruptible(lab.ask((worker, timed) => worker.selfTest(timed), recipe));
    console.log(deviceTable(report));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
    return report.checks.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await lab.close();
  }
}
