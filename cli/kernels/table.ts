/** The compiler's numbers as text and as JSON. */
import * as v from 'valibot';
import { type CompiledKernel, variantName } from './budgets';
import { type Compiled, GPU_NAMES, GPUS, type Statistics } from './radv';

const COLUMNS = ['registers', 'spills', 'waves', 'scratch', 'lds', 'instructions', 'latency', 'cycles'] as const;
type Column = (typeof COLUMNS)[number];

const textOf = (result: Compiled, column: Column): string => ('error' in result ? '–' : String(result[column]));

/**
 * Kernels with the same constants are below each other, one line for each type of weights. A cell has the numbers of
 * the GPUs, or one number where they are equal.
 */
export function kernelTable(kernels: readonly CompiledKernel[]): string {
  const groups = new Map<string, string[][]>();
  for (const { kernel, compiled } of kernels) {
    const name = variantName(kernel.variant);
    const cells = COLUMNS.map((column) => {
      const values = GPU_NAMES.map((gpu) => textOf(compiled[gpu], column));
      return new Set(values).size === 1 ? (values[0] ?? '') : values.join('/');
    });
    const row = [kernel.storage ?? '', kernel.plans.has('decode') ? 'decode' : '', ...cells];
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const header = ['weights', 'plan', ...COLUMNS];
  const rows = [header, ...[...groups.values()].flat()];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  return [
    `${GPU_NAMES.map((gpu) => GPUS[gpu]).join('/')}; latency and cycles count every loop once`,
    line(header),
    ...[...groups].flatMap(([name, of]) => [name, ...of.map(line)]),
  ].join('\n');
}

const StatisticsSchema = v.object({
  registers: v.number(),
  spills: v.number(),
  scratch: v.number(),
  lds: v.number(),
  waves: v.number(),
  subgroup: v.number(),
  instructions: v.number(),
  latency: v.number(),
  cycles: v.number(),
}) satisfies v.GenericSchema<Statistics>;

const ReportSchema = v.object({
  driver: v.string(),
  kernels: v.array(
    v.object({
      name: v.string(),
      weights: v.nullable(v.string()),
      plans: v.array(v.string()),
      gpus: v.record(v.string(), v.union([v.object({ error: v.string() }), StatisticsSchema])),
    }),
  ),
});

/** The report that `--json` writes and `--compare` reads. */
export type KernelReport = v.InferOutput<typeof ReportSchema>;

export function reportOf(driver: string, kernels: readonly CompiledKernel[]): KernelReport {
  return {
    driver,
    kernels: kernels.map(({ kernel, compiled }) => ({
      name: variantName(kernel.variant),
      weights: kernel.storage,
      plans: [...kernel.plans],
      gpus: Object.fromEntries(GPU_NAMES.map((gpu) => [GPUS[gpu], compiled[gpu]])),
    })),
  };
}

/** @throws if the text is no report */
export function parseReport(text: string): KernelReport {
  return v.parse(ReportSchema, JSON.parse(text));
}

/**
 * Lines that say which kernels are new, which are gone, and which numbers of the others changed.
 * @param text part of the names of the kernels in `after`
 */
export function comparison(before: KernelReport, after: KernelReport, text = ''): string {
  const keyed = ({ kernels }: KernelReport) =>
    new Map(kernels.map(({ name, weights, gpus }) => [[name, weights].filter(Boolean).join(' '), gpus]));
  const [old, now] = [keyed(before), keyed(after)];
  const lines: string[] = [];
  let unchanged = 0;
  for (const [name, gpus] of now) {
    const was = old.get(name);
    if (was === undefined) {
      lines.push(`+ ${name}`);
      continue;
    }
    const changes = Object.entries(gpus).flatMap(([gpu, result]) => {
      const earlier = was[gpu];
      if (earlier === undefined) return [];
      const changed = COLUMNS.filter((column) => textOf(earlier, column) !== textOf(result, column));
      if (changed.length === 0) return [];
      return [`    ${gpu}: ${changed.map((c) => `${c} ${textOf(earlier, c)} → ${textOf(result, c)}`).join(', ')}`];
    });
    if (changes.length === 0) unchanged++;
    else lines.push(`  ${name}`, ...changes);
  }
  for (const name of old.keys()) if (!now.has(name) && name.includes(text)) lines.push(`- ${name}`);
  if (before.driver !== after.driver) lines.push(`compiled with ${before.driver} and with ${after.driver}`);
  return [...lines, `${unchanged} ${unchanged === 1 ? 'kernel is' : 'kernels are'} unchanged`].join('\n');
}
