/**
 * `npm run bench`: compares our engine with other libraries in one browser. Prints a table and writes
 * bench/results/*.json.
 * `npm run bench -- judges` measures the judges instead, `npm run bench -- webllm` compares with
 * WebLLM, and `npm run bench -- device` runs the device's self-test.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openPage } from '../browser/page';
import { interruptible } from '../interruptible';
import { run } from '../processes';
import { root } from '../root';
import { benchDevice } from './device';
import { benchJudges } from './judges';
import { benchModel } from './model';
import { benchTable, LOSS_TOLERANCE, lossDifference } from './table';
import { benchWebllm } from './webllm';

const others = ['@jax-js/jax', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu'];

/** Facts that the numbers depend on, in addition to the adapter. */
function machine(browser: string) {
  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: platform(),
    browser,
    libraries: Object.fromEntries(others.map((name) => [name, versionOf(name)])),
  };
}

export async function main(args: string[]): Promise<number> {
  if (args[0] === 'judges') return benchJudges(args.slice(1));
  if (args[0] === 'webllm') return benchWebllm(args.slice(1));
  if (args[0] === 'device') return benchDevice(args.slice(1));
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '5' }, model: { type: 'string' } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is "${values.rounds}"; it takes a number from 1.`);

  const built = join(root, '.cache/bench');
  const build = ['build', 'bench', '--base', '../', '--outDir', built, '--emptyOutDir', '--logLevel', 'warn'];
  if ((await run('vite', build)) !== 0) throw new Error('The benchmark could not be built.');

  if (values.model !== undefined) {
    await benchModel(built, resolve(values.model));
    return 0;
  }
  const { page, orCrash, close } = await openPage({ folders: { '/': built }, profile: null, ready: 'bench' });
  try {
    // The page reports its progress through the console.
    page.on('console', (message) => message.type() === 'log' && console.error(message.text()));
    const report = await interruptible(orCrash(page.evaluate((rounds) => globalThis.bench(rounds), rounds)));
    console.log(benchTable(report));
    const results = join(root, 'bench/results');
    mkdirSync(results, { recursive: true });
    const result = {
      date: new Date().toISOString(),
      machine: machine(await page.evaluate(() => navigator.userAgent)),
      ...report,
    };
    const name = report.device.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    return lossDifference(report) <= LOSS_TOLERANCE ? 0 : 1;
  } finally {
    await close();
  }
}
