/**
 * `npm test [suite …]`: runs every suite, or the named ones. A failing suite does not stop the others. The last line
 * is the total. Format, types, lint and build count as one test each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as build } from '../build';
import { missingDawn } from '../gpu/dawn';
import { kernelSuite } from '../kernels/kernels';
import { main as lint } from '../lint/lint';
import { run } from '../processes';
import { closingLines, type SuiteResult } from './closing-lines';
import { readSummary, type Summary } from './summary';

type Suite = (summaryFile: string) => Promise<Summary>;

/** A check that counts as one test. It passes if its exit code is 0. */
const single =
  (check: () => Promise<number>): Suite =>
  async () => {
    const passed = (await check()) === 0;
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, adapters: [] };
  };

const vitest =
  (project: string): Suite =>
  async (summaryFile) => {
    const args = ['run', '--project', project, '--reporter', 'default', '--reporter', './cli/test/vitest-reporter.ts'];
    return readSummary(summaryFile, await run('vitest', args, { LAB_SUMMARY: summaryFile }));
  };

const playwright: Suite = async (summaryFile) =>
  readSummary(summaryFile, await run('playwright', ['test'], { LAB_SUMMARY: summaryFile }));

/** Without a second adapter this prints why it did not run. In CI that is a failure. */
const dawn: Suite = async (summaryFile) => {
  const missing = missingDawn();
  if (missing === null) return vitest('gpu-dawn')(summaryFile);
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
  e2e: playwright,
};

export async function main(args: string[]): Promise<number> {
  const unknown = args.filter((name) => !(name in suites));
  if (unknown.length > 0)
    throw new Error(`There is no suite ${unknown.join(', ')}; the suites are ${Object.keys(suites).join(', ')}.`);

  const folder = mkdtempSync(join(tmpdir(), 'thinking-lab-'));
  const results: SuiteResult[] = [];
  for (const [name, suite] of Object.entries(suites)) {
    if (args.length > 0 && !args.includes(name)) continue;
    console.log(`\n── ${name} ──`);
    const begun = performance.now();
    const summary = await suite(join(folder, `${name}.json`));
    results.push({ name, ...summary, seconds: (performance.now() - begun) / 1000 });
  }
  rmSync(folder, { recursive: true });

  console.log(closingLines(results));
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}
