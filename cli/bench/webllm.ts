/** `npm run bench -- webllm --model FILE.gguf`: compares decoding and prefill with WebLLM, in one page. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { WebllmReport } from '../../bench/webllm/report';
import { openPage } from '../browser/page';
import { interruptible } from '../interruptible';
import { run } from '../processes';
import { convertForWebllm } from '../real/webllm/convert';
import { root } from '../root';
import { measurementLines } from './table';

const usage = `npm run bench -- webllm --model FILE.gguf [--rounds N]

  --model FILE  SmolLM2-135M-Instruct in Q4_1, for which this repository has WebLLM's compiled kernels
  --rounds N    interleaved rounds (default: 3)

Both engines have the same weights on the same GPU, read the same prompt and decode greedily. Ours also has LoRA
adapters on all projections, as in a run. WebLLM's kernels here are written for adapters without a GPU: on a GPU, the
comparison says nothing about WebLLM.`;

/** The model library in e2e/golden/webllm. */
const LIBRARY = 'smollm2-135m-q4_1.wasm';

export function webllmTable({ device, rounds, measurements, texts }: WebllmReport): string {
  const equal = new Set(Object.values(texts)).size === 1;
  return [
    `${device}, medians of ${rounds} interleaved rounds; the last column: how many times better ours is`,
    ...measurementLines(measurements),
    equal ? 'equal texts' : `DIFFERENT TEXTS: ${JSON.stringify(texts)}`,
  ].join('\n');
}

export async function benchWebllm(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.model === undefined) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is "${values.rounds}"; it takes a number from 1.`);
  const model = resolve(values.model);
  if (!existsSync(model)) throw new Error(`There is no file ${model}.`);

  const built = join(root, '.cache/bench-webllm');
  const config = join(root, 'vite.config.ts');
  const build = [
    'build',
    'bench/webllm',
    '--config',
    config,
    '--outDir',
    built,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ];
  if ((await run('vite', build)) !== 0) throw new Error('The benchmark could not be built.');

  const converted = mkdtempSync(join(tmpdir(), 'thinking-lab-'));
  try {
    await convertForWebllm(model, converted);
    const { page, orCrash, close } = await openPage({
      folders: {
        '/': built,
        '/given-model/': dirname(model),
        '/webllm/resolve/main/': converted,
        '/webllm-library/': join(root, 'e2e/golden/webllm'),
      },
      profile: null,
      ready: 'webllmBench',
    });
    try {
      page.on('console', (message) => message.type() === 'log' && console.error(message.text()));
      const { origin } = new URL(page.url());
      const options = {
        rounds,
        model: { name: basename(model), url: `given-model/${encodeURIComponent(basename(model))}` },
        webllm: { id: 'smollm2', model: `${origin}/webllm/`, modelLib: `${origin}/webllm-library/${LIBRARY}` },
      };
      const report = await interruptible(orCrash(page.evaluate((asked) => globalThis.webllmBench(asked), options)));
      console.log(webllmTable(report));
      const folder = join(root, 'bench/results');
      mkdirSync(folder, { recursive: true });
      const name = `webllm-${report.device.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`;
      const result = { date: new Date().toISOString(), ...report };
      writeFileSync(join(folder, name), `${JSON.stringify(result, null, 2)}\n`);
      return new Set(Object.values(report.texts)).size === 1 ? 0 : 1;
    } finally {
      await close();
    }
  } finally {
    rmSync(converted, { recursive: true, force: true, maxRetries: 5 });
  }
}
