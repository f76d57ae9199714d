/**
 * `npm run bench -- judges`: measures how fast each judge is and how often it agrees with the rule. Prints a table and
 * writes bench/results.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { JudgeOptions, JudgeReport, JudgeResult } from '../../bench/judges/report';
import { openPage } from '../browser/page';
import { interruptible } from '../interruptible';
import { run } from '../processes';
import { MODEL, startLlama } from '../real/llama-server';
import { convertForWebllm } from '../real/webllm/convert';
import { root } from '../root';
import { judgeTable } from './judges-table';

const usage = `npm run bench -- judges [--judge NAME …] [--model F] [--pairs N] [--sample]

  --judge N     rule, tiny-judge, self, remote or webllm; repeat it for several judges (default: the first three)
  --model F     a GGUF file that judges instead of the bundled model: as the policy (self), in llama.cpp's server
                (remote), or in WebLLM (webllm; only SmolLM2-135M-Instruct in Q4_1)
  --pairs N     use the first N of the 200 pairs in bench/judges/pairs.json (default: all)
  --controls N  compare the right responses of the first N pairs with control rows (default: 20)
  --sample      sample new pairs from the bundled model and write them to bench/judges/pairs.json`;

const PAIRS = 200;
/** The model library in e2e/golden/webllm. */
const LIBRARY = 'smollm2-135m-q4_1.wasm';
/** Judges that need no server and no download. */
const ALONE = ['rule', 'tiny-judge', 'self'];

export async function benchJudges(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      judge: { type: 'string', multiple: true, default: ALONE },
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

  const judges = values.judge;
  const needsModel = judges.find((name) => name === 'remote' || name === 'webllm');
  if (needsModel !== undefined && model === null) throw new Error(`${needsModel} needs a --model.`);

  const built = join(root, '.cache/bench-judges');
  const config = join(root, 'vite.config.ts');
  const build = [
    'build',
    'bench/judges',
    '--config',
    config,
    '--outDir',
    built,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ];
  if ((await run('vite', build)) !== 0) throw new Error('The benchmark could not be built.');

  const remote = judges.includes('remote') && model !== null ? await startLlama(model) : null;
  const converted = mkdtempSync(join(tmpdir(), 'thinking-lab-'));
  try {
    if (judges.includes('webllm') && model !== null) await convertForWebllm(model, converted);
    const folders = {
      '/': built,
      '/models/': join(root, 'public/models'),
      '/prompts/': join(root, 'public/prompts'),
      '/webllm/resolve/main/': converted,
      '/webllm-library/': join(root, 'e2e/golden/webllm'),
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
      const here = new URL(page.url());
      const options: JudgeOptions = {
        ...{ judges, pairs, controls },
        model: model === null ? null : { name: basename(model), url: `policy/${encodeURIComponent(basename(model))}` },
        remote: remote && { url: remote.url, model: MODEL },
        webllm: {
          id: 'smollm2',
          model: `${here.origin}/webllm/`,
          modelLib: `${here.origin}/webllm-library/${LIBRARY}`,
        },
      };
      const report = await interruptible(orCrash(page.evaluate((request) => globalThis.judgeBench(request), options)));
      console.log(judgeTable(report));
      keep(report);
      return 0;
    } finally {
      await close();
    }
  } finally {
    rmSync(converted, { recursive: true, force: true, maxRetries: 5 });
    await remote?.close();
  }
}

/** Keeps the results of other judges that were measured on the same adapter. */
function keep({ device, results }: JudgeReport): void {
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `judges-${device.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`);
  const before: { results: JudgeResult[] } = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { results: [] };
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
