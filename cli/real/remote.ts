/**
 * Tests the remote judge against a real OpenAI-compatible server: llama.cpp with SmolLM2, called by the page in
 * Chrome.
 */
import { EVEN_LETTERS, ONE_LETTER } from '../../bench/judges/words';
import { LabError } from '../../src/lib/errors';
import { PRESETS } from '../../src/recipe/presets';
import type { Recipe } from '../../src/recipe/recipe';
import type { JudgeTrial } from '../../src/records/judges';
import { type LabPage, openLabPage } from '../browser/lab-page';
import { buildIfStale } from '../build';
import type { Check } from './checks';
import { checkJudgedRun } from './judged-run';
import { MODEL, startLlama } from './llama-server';

const RATING = 'Request:\n{instruction}\nResponse:\n{response}\nRate the response: [[1]] is useless, [[9]] excellent.';

const TRIAL: JudgeTrial = { instruction: 'Please calculate 41 + 87.', responses: ['128', '92'], reference: null };

async function outcome<T>(asked: Promise<T>): Promise<T | LabError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
}

/** @param gguf SmolLM2's GGUF file */
export async function checkRemoteJudge(gguf: string): Promise<Check[]> {
  await buildIfStale();
  const server = await startLlama(gguf);
  let lab: LabPage | null = null;
  try {
    lab = await openLabPage(null);
    return await checks(lab, server.url);
  } finally {
    await lab?.close();
    await server.close();
  }
}

async function checks(lab: LabPage, url: string): Promise<Check[]> {
  const { ask } = lab;
  const recipe: Recipe = {
    ...PRESETS.quick,
    judge: 'remote',
    remoteUrl: url,
    remoteModel: MODEL,
    judgeReplyTokens: 8,
    judgeConcurrency: 1,
    ratingPrompt: RATING,
    comparisonPrompt: ONE_LETTER,
  };
  const tryIt = (change: Partial<Recipe>) =>
    outcome(ask(({ tryJudge }, [input, trial]) => tryJudge(input, trial), [{ ...recipe, ...change }, TRIAL] as const));
  const found: Check[] = [];
  const check = (what: string, ok: boolean) => found.push({ what: `remote judge: ${what}`, ok });

  const models = await ask(({ remoteModels }, address) => remoteModels(address), url);
  check('the server lists its model', models.join() === MODEL);

  const rated = await tryIt({ judgeMethod: 'rating' });
  if (rated instanceof LabError) check(rated.message, false);
  else {
    const { calls, scores } = rated;
    // The model is too small to follow the reply format. Its reply counts as no verdict and is kept.
    check(
      'a rating of each response, or its words',
      calls.length === 2 && calls.every(({ verdict, reply }, i) => verdict === scores[i] && reply !== ''),
    );
    console.log(`  ratings: ${calls.map(({ reply }) => JSON.stringify(reply)).join(', ')}`);
  }

  const compared = await tryIt({ judgeMethod: 'comparison', judgeReplyTokens: 1 });
  if (compared instanceof LabError) check(compared.message, false);
  else {
    const { calls, seconds } = compared;
    check('a comparison in both orders', calls.map(({ shown }) => shown.join('')).join() === '01,10');
    check(
      'its verdicts by log-probabilities',
      calls.every(({ verdict, reply }) => verdict !== null && reply.includes('log P(A) = -')),
    );
    console.log(
      `  two comparisons of one token in ${seconds.toFixed(1)} s: ` +
        `${calls.map(({ reply }) => reply.replaceAll('\n', ' ')).join('; ')}`,
    );
  }

  const other = await tryIt({ remoteModel: 'gpt-9' });
  check(
    'an unknown model name is reported with the names that exist',
    other instanceof LabError && other.message.includes('has no model gpt-9') && other.advice.includes(MODEL),
  );

  const limited = await tryIt({ judgeMethod: 'rating', judgeCallLimit: 1, ratingPrompt: `${RATING}.` });
  check('stops at its limit of calls', limited instanceof LabError && limited.code === 'judge-limit');

  const { judge, remoteUrl, remoteModel, judgeConcurrency } = recipe;
  const asked = {
    judge,
    remoteUrl,
    remoteModel,
    judgeConcurrency,
    comparisonPrompt: EVEN_LETTERS,
    judgeReplyTokens: 1,
  };
  for (const { what, ok } of await checkJudgedRun(lab, asked)) check(what, ok);

  const trying = tryIt({
    judgeMethod: 'rating',
    judgeReplyTokens: 1024,
    ratingPrompt: 'Write a long story about {instruction} {response} before you write [[5]].',
  });
  // By then the server is computing, and would be for long. This check comes last, because the server goes on
  // computing.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const begun = performance.now();
  await ask(({ cancelTrial }) => cancelTrial(), null);
  const cancelled = await trying;
  check(
    'is cancelled at once',
    cancelled instanceof LabError && cancelled.code === 'cancelled' && performance.now() - begun < 2000,
  );
  return found;
}
