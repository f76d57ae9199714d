/**
 * `npm test [suite …]`: runs every suite, or the named ones. A failing suite does not stop the others. The last line
 * is the total. Format, types, lint and build count as one test each.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as build } from '../build';
import { missingDawn } from '../gpu/dawn';
import { kernelSuite } from '../kernels/kernels';
import { main as lint } from '../lint/lint';
import { run } from '../processes';
import { closingLines, type SuiteResult } from './closing-lines';
import { readSummary, type Summary } from './summary';

/** @param output where the programs that it runs print */
type Suite = (summaryFile: string, output: number | 'inherit') => Promise<Summary>;

/** A check that counts as one test. It passes if its exit code is 0. */
const single =
  (check: () => Promise<number>): Suite =>
  async () => {
    const passed = (await check()) === 0;
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, adapters: [] };
  };

const vitest =
  (project: string): Suite =>
  async (summaryFile, output) => {
    const args = ['run', '--project', project, '--reporter', 'default', '--reporter', './cli/test/vitest-reporter.ts'];
    return readSummary(summaryFile, await run('vitest', args, { LAB_SUMMARY: summaryFile }, output));
  };

const playwright =
  (project: string, workers: number): Suite =>
  async (summaryFile) => {
    const args = ['test', '--project', project, '--workers', String(workers)];
    return readSummary(summaryFile, await run('playwright', args, { LAB_SUMMARY: summaryFile }));
  };

/** Without a second adapter this prints why it did not run. In CI that is a failure. */
const dawn: Suite = async (summaryFile, output) => {
  const missing = missingDawn();
  if (missing === null) return vitest('gpu-dawn')(summaryFile, output);
  console.error(missing);
  return { passed: 0, failed: process.env.CI ? 1 : 0, skipped: 0, adapters: [`NOT RUN: ${missing}`] };
};

const suites: Readonly<Record<string, Suite>> = {
  format: single(() => run('biome', ['check', '--linter-enabled=false', '--max-diagnostics=20'])),
  types: single(() => run('tsc', ['-b', '--force'])),
  lint: single(lint),
  unit: vitest('unit'),
  kernels: kernelSuite,
  'gpu-chromium': vitest('gpu-chromium'),
  'gpu-dawn': dawn,
  build: single(build),
  e2e: playwright('e2e', 1),
  // Scenes do not compute on the GPU, so two of them can run at once.
  pages: playwright('pages', 2),
};

/** Suites that run one after the other beside a suite that leaves a core of a small machine idle. */
const BESIDE: Readonly<Record<string, readonly string[]>> = { 'gpu-chromium': ['unit', 'gpu-dawn', 'kernels'] };

export async function main(args: string[]): Promise<number> {
  const unknown = args.filter((name) => !(name in suites));
  if (unknown.length > 0)
    throw new Error(`There is no suite ${unknown.join(', ')}; the suites are ${Object.keys(suites).join(', ')}.`);

  const folder = mkdtempSync(join(tmpdir(), 'thinking-lab-'));
  const results: SuiteResult[] = [];
  const heading = (name: string) => console.log(`\n── ${name} ──`);
  const runSuite = async (name: string, output: number | 'inherit' = 'inherit') => {
    const begun = performance.now();
    const summary = await suites[name]?.(join(folder, `${name}.json`), output);
    if (summary !== undefined) results.push({ name, ...summary, seconds: (performance.now() - begun) / 1000 });
  };
  /** Shows what the suite prints after it has ended. */
  const runQuietly = async (name: string): Promise<() => void> => {
    const file = join(folder, `${name}.txt`);
    const output = openSync(file, 'w');
    await runSuite(name, output);
    closeSync(output);
    return () => {
      heading(name);
      process.stdout.write(readFileSync(file));
    };
  };
  const begun = performance.now();
  const wanted = Object.keys(suites).filter((name) => args.length === 0 || args.includes(name));
  const beside = new Map(wanted.map((name) => [name, (BESIDE[name] ?? []).filter((other) => wanted.includes(other))]));
  for (const name of wanted) {
    if ([...beside.values()].flat().includes(name)) continue;
    const others = (async () => {
      const shows: (() => void)[] = [];
      for (const other of beside.get(name) ?? []) shows.push(await runQuietly(other));
      return shows;
    })();
    heading(name);
    await runSuite(name);
    for (const show of await others) show();
  }
  rmSync(folder, { recursive: true });

  console.log(closingLines(results, (performance.now() - begun) / 1000));
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}
