/**
 * `npm run kernels`: compiles every kernel that a GPU can be given, with the compilers of real GPUs, and checks what
 * they say against budgets. No GPU is needed.
 */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { kernelCode } from '../../src/engine/kernel';
import { at } from '../../src/lib/assert';
import { interruptible } from '../interruptible';
import type { Summary } from '../test/summary';
import { type CompiledKernel, judge, kernelName, type Verdict } from './budgets';
import { KNOWN_VIOLATIONS } from './known-violations';
import { MISSING_NAGA, nagaVersion, translate } from './naga';
import { compileFor, GPUS, missingRadv } from './radv';
import { type ReachableKernel, reachableKernels } from './reachable';
import { comparison, type KernelReport, kernelTable, parseReport, reportOf } from './table';

const usage = `npm run kernels -- [TEXT] [--json FILE] [--compare FILE]

  TEXT            only kernels whose name contains it, such as attention.forward
  --json FILE     also write the numbers as JSON
  --compare FILE  print what changed since FILE, which --json wrote, instead of the table

Compiles every kernel that a GPU can be given for ${Object.values(GPUS).join(', ')} with Mesa's compiler (Linux), and
checks registers, spills and scratch memory. Translates every kernel to MSL, HLSL and SPIR-V with naga.
Exits with 1 where a budget is exceeded or a compiler refuses a kernel.`;

export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'string' }, compare: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || positionals.length > 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const [text = ''] = positionals;
  const before = values.compare === undefined ? null : parseReport(readFileSync(values.compare, 'utf8'));
  const { passed, failed, adapters } = await interruptible(
    check(
      text,
      (kernels, report) => {
        console.log(before === null ? kernelTable(kernels) : comparison(before, report, text));
        if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
      },
      (failure) => console.error(failure),
    ),
  );
  console.log([...adapters, `${passed} passed, ${failed} failed`].join('\n'));
  return failed > 0 ? 1 : 0;
}

/**
 * The suite of `npm test`. A part that cannot run on this machine is named in place of an adapter.
 * @param output the file that failures are written to
 */
export async function kernelSuite(_summaryFile: string, output: number | 'inherit'): Promise<Summary> {
  const fail = (fault: unknown) => writeSync(output === 'inherit' ? 2 : output, `${fault}\n`);
  try {
    return await check('', () => {}, fail);
  } catch (error) {
    fail(error instanceof Error ? error.stack : error);
    return { passed: 0, failed: 1, skipped: 0, adapters: [] };
  }
}

/**
 * @param text part of the names of the kernels that are checked
 * @param show is given the compiled kernels, unless this machine cannot compile them
 * @param fail is given each failure
 */
async function check(
  text: string,
  show: (kernels: readonly CompiledKernel[], report: KernelReport) => void,
  fail: (failure: string) => void,
): Promise<Summary> {
  const kernels = reachableKernels().filter((kernel) => kernelName(kernel).includes(text));
  if (kernels.length === 0) throw new Error(`There is no kernel whose name contains "${text}".`);
  const adapters: string[] = [];
  const verdicts: Verdict[] = [];

  const missing = await missingRadv();
  if (missing !== null) adapters.push(`NOT RUN: ${missing}`);
  else {
    const { driver, compiled } = await compile(kernels);
    show(compiled, reportOf(driver, compiled));
    verdicts.push(judge(compiled, KNOWN_VIOLATIONS, text));
    adapters.push(`${Object.values(GPUS).join(', ')} (${driver})`);
  }

  const naga = nagaVersion();
  if (naga === null) adapters.push(`NOT RUN: ${MISSING_NAGA}`);
  else {
    verdicts.push(await translated(kernels));
    adapters.push(`naga ${naga}`);
  }

  const failures = verdicts.flatMap((verdict) => verdict.failures);
  for (const failure of failures) fail(failure);
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  return { passed, failed: failures.length, skipped: 0, adapters };
}

async function compile(
  kernels: readonly ReachableKernel[],
): Promise<{ driver: string; compiled: readonly CompiledKernel[] }> {
  const [navi21, navi31, vega10] = await Promise.all([
    compileFor('navi21', kernels),
    compileFor('navi31', kernels),
    compileFor('vega10', kernels),
  ]);
  const compiled = kernels.map((kernel, i) => ({
    kernel,
    compiled: { navi21: at(navi21.results, i), navi31: at(navi31.results, i), vega10: at(vega10.results, i) },
  }));
  return { driver: navi21.driver, compiled };
}

/** Every module is one test: several kernels may be entry points of one module. */
async function translated(kernels: readonly ReachableKernel[]): Promise<Verdict> {
  const modules = new Map(kernels.map((kernel) => [kernelCode(kernel.variant), kernelName(kernel)]));
  const messages = await translate([...modules.keys()]);
  const names = [...modules.values()];
  const failures = messages.flatMap((message, i) => (message === null ? [] : [`${names[i]}: naga: ${message}`]));
  return { passed: messages.length - failures.length, failures };
}
