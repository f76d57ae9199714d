/**
 * `npm run test:real`: tests with a real model, SmolLM2-135M, on the machine's adapter. Golden numbers, the page's
 * memory while the model loads, a run with each thought format, and the model as a judge: remote and in WebLLM.
 * Arguments select sections: `npm run test:real -- webllm`. The sizes are chosen so that a machine without a GPU
 * needs about a quarter of an hour.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareFolders } from '../parity/parity';
import { parityTable } from '../parity/table';
import { root } from '../root';
import { closingLines, type SuiteResult } from '../test/closing-lines';
import { main as tpo } from '../tpo/tpo';
import { type Check, checkRun, phases } from './checks';
import { checkLoading } from './loading';
import { checkRemoteJudge } from './remote';
import { smollm2 } from './smollm2';
import { checkWebllm } from './webllm';

const K = 4;
const PROMPTS = 8;

/**
 * Settings of both runs. Two cores write about six tokens a second, so completions are short and one prompt is
 * evaluated.
 */
const SIZES = {
  maxNewTokens: 12,
  maxNewTokensDirect: 24,
  evaluationPrompts: 1,
  evaluationSamples: 1,
  lanes: 32,
  // The learning rate of the first step is 0, so a single pair could teach nothing.
  pairsPerStep: 1,
  epochs: 1,
};

export async function main(words: string[]): Promise<number> {
  process.env.LAB_ADAPTER ??= 'software';
  const model = await smollm2();
  const results: SuiteResult[] = [];
  const suite = async (name: string, make: () => Promise<readonly Check[]>) => {
    if (words.length > 0 && !words.some((word) => name.includes(word))) return;
    console.log(`\n── ${name} ──`);
    const begun = performance.now();
    const checks = await make();
    for (const { what } of checks.filter(({ ok }) => !ok)) console.error(`✗ ${what}`);
    const passed = checks.filter(({ ok }) => ok).length;
    const seconds = (performance.now() - begun) / 1000;
    results.push({ name, passed, failed: checks.length - passed, skipped: 0, adapters: [], seconds });
  };

  await suite('golden numbers', async () => {
    const compared = await compareFolders([join(root, 'e2e/golden/smollm2-135m-instruct')], model);
    console.log(parityTable(compared));
    const [only] = compared;
    if (only === undefined || only.refused !== null)
      return [{ what: only?.refused ?? 'nothing was compared', ok: false }];
    return only.rows.map(({ quantity, ok }) => ({ what: quantity, ok }));
  });

  await suite('loading', async () => [await checkLoading(model)]);
  await suite('remote judge', () => checkRemoteJudge(model));

  for (const [format, arms] of [
    ['generic', 'thinking,direct'],
    ['specific', 'thinking'],
  ] as const) {
    await suite(`run, ${format}`, async () => {
      const out = mkdtempSync(join(tmpdir(), 'thinking-lab-'));
      try {
        const set = Object.entries({ ...SIZES, format, arms }).flatMap(([name, value]) => [
          '--set',
          `${name}=${value}`,
        ]);
        const numbers = ['--iterations', '1', '--prompts-per-iteration', `${PROMPTS}`, '--k', `${K}`];
        const prompts = join(root, 'public/prompts/tiny-train.jsonl');
        const code = await tpo([
          '--out',
          out,
          '--model',
          model,
          '--prompts',
          prompts,
          '--judge',
          'rule',
          ...numbers,
          ...set,
        ]);
        if (code !== 0) return [{ what: `${format}: the command ended with ${code}`, ok: false }];
        console.log(phases(out));
        return await checkRun(out, model, { k: K, prompts: PROMPTS });
      } finally {
        rmSync(out, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }
  await suite('judge, webllm', () => checkWebllm(model, (line) => console.log(line)));
  console.log(closingLines(results));
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}
