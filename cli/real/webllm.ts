/**
 * Tests a real model in WebLLM through the product's judge, in Chrome: its text, its verdicts, and recovery from
 * failures.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import * as v from 'valibot';
import { build } from 'vite';
import type { JudgeQuestion as Question } from '../../src/judges/language/judge-model';
import { ratingIn } from '../../src/judges/language/verdict';
import { openLabPage } from '../browser/lab-page';
import { openPage } from '../browser/page';
import { buildIfStale } from '../build';
import { root } from '../root';
import type { Check } from './checks';
import { checkJudgedRun } from './judged-run';
import { convertForWebllm } from './webllm/convert';
import type { Outcome } from './webllm/main';

const golden = join(root, 'e2e/golden/webllm');
const built = join(root, '.cache/webllm');

const Expected = v.object({
  cases: v.array(
    v.object({
      prompt: v.string(),
      prompt_tokens: v.number(),
      text: v.string(),
      top: v.array(v.tuple([v.string(), v.number()])),
    }),
  ),
});

/** Largest allowed difference of a log-probability from PyTorch's. Another order of f32 sums gives 1.3e-3. */
const TOLERANCE = 5e-3;
/** Length of the longest golden text, in tokens. */
const TOKENS = 16;

/** As short as possible, since reading the question takes most of the time. */
const rating = { kind: 'rating', message: '2+2? 4. Rate it.' } as const;
const comparison = { kind: 'comparison', message: '2+2? A: 4. B: 9.' } as const;

const RATING = '{instruction} {response} Rate it: [[1]] to [[9]].';

/** @param model SmolLM2's GGUF file. @param log receives each measurement as a line */
export async function checkWebllm(model: string, log: (line: string) => void): Promise<Check[]> {
  const { cases } = v.parse(Expected, JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')));
  const converted = mkdtempSync(join(tmpdir(), 'thinking-lab-'));
  try {
    await convertForWebllm(model, converted);
    await build({
      configFile: false,
      root: join(root, 'cli/real/webllm'),
      base: './',
      logLevel: 'error',
      worker: { format: 'es' },
      build: {
        outDir: built,
        emptyOutDir: true,
        target: 'es2023',
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: 10_000,
      },
    });
    const folders = { '/': built, '/model/resolve/main/': converted, '/library/': golden };
    const opened = await openPage({ folders, profile: null, ready: 'webllm' });
    const found: Check[] = [];
    try {
      found.push(
        ...(await Promise.race([checks(opened.page, cases, log), opened.orCrash(new Promise<never>(() => {}))])),
      );
    } finally {
      await opened.close();
    }
    return [...found, ...(await runInTheLab(converted))];
  } finally {
    rmSync(converted, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Tests the page itself: the model is added to its list, fetched, and judges a run. */
async function runInTheLab(converted: string): Promise<Check[]> {
  await buildIfStale();
  const lab = await openLabPage(null, { '/webllm/resolve/main/': converted, '/webllm-library/': golden });
  try {
    const id = 'smollm2-135m-q4_1';
    const record = { id, model: 'webllm/', modelLib: `webllm-library/${id}.wasm` };
    await lab.ask((worker, added) => worker.addWebllmModel(added), record);
    await lab.ask((worker, name) => worker.fetchWebllmModel(name), id);
    const few = { promptsPerIteration: 2, k: 2 };
    const asked = { judge: 'webllm', webllmModel: id, judgeMethod: 'rating', ratingPrompt: RATING, ...few } as const;
    const found = await checkJudgedRun(lab, asked);
    return found.map(({ what, ok }) => ({ what: `webllm: ${what}`, ok }));
  } finally {
    await lab.close();
  }
}

type Cases = v.InferOutput<typeof Expected>['cases'];

async function checks(page: Page, cases: Cases, log: (line: string) => void): Promise<Check[]> {
  const found: Check[] = [];
  const check = (what: string, ok: boolean, otherwise?: unknown) => {
    found.push({ what: ok || otherwise === undefined ? what : `${what}: ${JSON.stringify(otherwise)}`, ok });
  };
  const timed = async <T>(what: string, action: Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await action;
    log(`  ${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    return result;
  };
  const ask = (question: Question, abortAfterMs?: number) =>
    page.evaluate(([asked, ms]) => globalThis.webllm.ask(asked, ms), [question, abortAfterMs] as const);

  const phases = await timed(
    'fetched and loaded',
    page.evaluate(() => globalThis.webllm.load()),
  );
  const reported = (words: string) => phases.some((phase) => phase.startsWith(words));
  check(
    'webllm: each phase of loading is named',
    ['fetching weights', 'loading weights', 'compiling'].every(reported),
    phases,
  );

  for (const { prompt, prompt_tokens, text, top } of cases) {
    const reply = await timed(
      prompt,
      page.evaluate(([p, n]) => globalThis.webllm.complete(p, n), [prompt, TOKENS] as const),
    );
    check(
      `webllm: writes as PyTorch does: ${prompt}`,
      reply.promptTokens === prompt_tokens && reply.text === text,
      reply.text,
    );
    const first = reply.tokens[0]?.top ?? [];
    const error = Math.max(
      ...top.map(([token, logp], k) => (first[k]?.token === token ? Math.abs(first[k].logprob - logp) : Infinity)),
    );
    check(`webllm: log-probabilities within ${TOLERANCE}: ${prompt}`, error < TOLERANCE, [error, first]);
  }

  await page.evaluate(() => globalThis.webllm.release());

  const rated = await timed('loaded from the cache, and a rating', ask(rating));
  check('webllm: a rating is a number from 1 to 9', /^\[\[[1-9]\]\]$/.test(rated.reply?.text ?? ''), rated);
  const compared = await timed('a comparison', ask(comparison));
  const logps = compared.reply?.logps;
  const mass = logps ? Math.exp(logps.A) + Math.exp(logps.B) : 0;
  check('webllm: a comparison returns the probabilities of A and B', mass > 0 && mass < 1 + 1e-6, compared);

  const interrupted = await timed('interrupted after a second', ask(comparison, 1000));
  check('webllm: an interrupted question is cancelled', code(interrupted) === 'cancelled', interrupted);
  const { reply: long } = await timed('too long', ask({ kind: 'rating', message: 'word '.repeat(2100) }));
  check('webllm: a question over the context is no verdict, and says so', saysTooLong(long?.text), long);

  const lose = (what: 'device' | 'worker', times: number) =>
    page.evaluate(([lost, question, count]) => globalThis.webllm.askAndLose(lost, question, count), [
      what,
      rating,
      times,
    ] as const);
  const same = (outcome: Outcome) => JSON.stringify(outcome) === JSON.stringify(rated);
  const recovered = await timed('device lost, loaded again, and a rating', lose('device', 1));
  check('webllm: after a lost device it judges as before, by itself', same(recovered), recovered);

  const ended = await timed(
    'the judge given back',
    page.evaluate(() => globalThis.webllm.releaseJudge()),
  );
  const loss = await timed(
    'a training step on the same page',
    page.evaluate(() => globalThis.webllm.train()),
  );
  check('webllm: the policy trains once the judge was given back', ended && Number.isFinite(loss), [ended, loss]);
  const again = await timed('loaded again, and a rating', ask(rating));
  check('webllm: after training it judges as before', same(again), again);

  const lost = await timed('device lost twice', lose('device', 2));
  check(
    'webllm: a device that is lost again at once is a failure of the judge',
    code(lost) === 'judge-failed' && message(lost).includes('was lost'),
    lost,
  );
  await timed('loaded again, and a rating', ask(rating));
  const revived = await timed('worker killed, started again, and a rating', lose('worker', 1));
  check('webllm: a killed worker is started again by itself', same(revived), revived);
  return found;
}

const code = ({ failed }: Outcome) => failed?.code;
const message = ({ failed }: Outcome) => failed?.message ?? '';
const saysTooLong = (reply = ''): boolean => reply.includes('2048') && ratingIn(reply) === null;
