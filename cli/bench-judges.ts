/** `npm run bench -- judges`: how fast each judge is and how often it agrees with the rule. Prints a table, writes bench/results. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { JudgeReport, JudgeResult } from '../bench/judges/report';
import { judgeTable } from './bench-judges-table';
import { interruptible } from './interruptible';
import { openPage } from './page';
import { run } from './processes';
import { root } from './root';

const usage = `npm run bench -- judges [--judge NAME …] [--model F] [--pairs N] [--sample]

  --judge N     only this one (rule, tiny-judge, self); may be given several times
  --model F     a GGUF file as the policy that judges itself
  --pairs N     of the 200 pairs of bench/judges/pairs.json, the first N
  --controls N  hold the right responses of the first N pairs against control rows (20)
  --sample      write those pairs anew, from the bundled model`;

const PAIRS = 200;

export async function benchJudges(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      judge: { type: 'string', multiple: true, default: [] },
      model: { type: 'string' },
      pairs: { type: 'string', default: String(PAIRS) },
      controls: { type: 'string', default: '20' },
      sample: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [pairs, controls] = [count('pairs', values.pairs), count('controls', values.controls)];
  const model = values.model === undefined ? null : resolve(values.model);
  if (model !== null && !existsSync(model)) throw new Error(`There is no file ${model}.`);

  const built = join(root, '.cache/bench-judges');
  const config = join(root, 'vite.config.ts');
  const build = ['build', 'bench/judges', '--config', config, '--outDir', built, '--emptyOutDir', '--logLevel', 'warn'];
  if ((await run('vite', build)) !== 0) throw new Error('The benchmark could not be built.');

  const folders = {
    '/': built,
    '/models/': join(root, 'public/models'),
    '/prompts/': join(root, 'public/prompts'),
    ...(model !== null && { '/policy/': dirname(model) }),
  };
  const { page, orCrash, close } = await openPage({ folders, profile: null, ready: 'judgeBench' });
  try {
    page.on('console', (message) => message.type() === 'log' && console.error(message.text()));
    if (values.sample) {
      const sampled = await interruptible(orCrash(page.evaluate((count) => globalThis.samplePairs(count), PAIRS)));
      writeFileSync(join(root, 'bench/judges/pairs.json'), `${JSON.stringify(sampled, null, 1)}\n`);
      console.log(`${sampled.length} pairs`);
      return 0;
    }
    const policy = model === null ? null : { name: basename(model), url: `policy/${encodeURIComponent(basename(model))}` };
    const options = { judges: values.judge, model: policy, pairs, controls };
    const report = await interruptible(orCrash(page.evaluate((wanted) => globalThis.judgeBench(wanted), options)));
    console.log(judgeTable(report));
    keep(report);
    return 0;
  } finally {
    await close();
  }
}

/** Beside what was measured of other judges on the same adapter. */
function keep({ device, results }: JudgeReport): void {
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `judges-${device.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`);
  const before: { results: JudgeResult[] } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { results: [] };
  const date = new Date().toISOString();
  const kept = before.results.filter(({ judge }) => results.every((result) => result.judge !== judge));
  const all = [...kept, ...results.map((result) => ({ date, ...result }))];
  writeFileSync(file, `${JSON.stringify({ version: 1, device, results: all }, null, 2)}\n`);
}

function count(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${option} is "${text}"; it takes a number from 0.`);
  return number;
}
