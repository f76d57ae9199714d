/**
 * The dry sample: a few completions before a run begins, which show whether the model keeps to the format and how fast
 * it is. They are not stored.
 */

import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { mean } from '../../lib/statistics';
import type { Completion } from '../../model/generation/request';
import type { Recipe } from '../../recipe/recipe';
import { thoughtPrompt } from '../../recipe/thought-prompts';
import type { Candidate, DryProgress, DrySample } from '../../records/candidates';
import type { Prompt } from '../../records/prompts';
import type { Policy } from '../policy';
import { malformedReasons, toCandidate } from './candidate';
import { encodePrompt, longestCompletion, promptIndices, samplingStream } from './run-prompts';

/** The number of prompts. */
export const DRY_PROMPTS = 8;

/**
 * The recipe to open the policy with. The policy has room for the prompts of the recipe's iterations, and the dry
 * sample may take more prompts than an iteration does.
 */
export const dryRecipe = (recipe: Recipe): Recipe => ({
  ...recipe,
  promptsPerIteration: Math.max(recipe.promptsPerIteration, DRY_PROMPTS),
});

export interface DryHooks {
  /** Called at every token of every completion. */
  progress(progress: DryProgress): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * Generates the first candidate of each of the first prompts, exactly as iteration 1 of a run without a warm-up would:
 * with the same prompts, random streams and adapter. Uses the thinking arm if the recipe has it.
 * @param policy opened with `dryRecipe`
 * @param prompts the training prompts of the run, without those that are held out too
 * @throws LabError cancelled, bad-prompts, prompt-too-long, and what the policy throws
 */
export async function drySample(
  policy: Pick<Policy, 'contextLength' | 'encodePrompt' | 'decode' | 'generate' | 'initialState' | 'setState'>,
  recipe: Recipe,
  prompts: readonly Prompt[],
  hooks: DryHooks,
  signal: AbortSignal,
): Promise<DrySample> {
  if (prompts.length === 0)
    throw new LabError('bad-prompts', 'The set of training prompts is empty.', 'Choose another set.');
  const arm = recipe.arms.includes('thinking') ? 'thinking' : 'direct';
  const block = { ...recipe, promptsPerIteration: Math.min(DRY_PROMPTS, prompts.length) };
  const sampled = promptIndices(prompts.length, block, 1).map((i) => at(prompts, i));
  await policy.setState(arm, await policy.initialState(arm, recipe.seed));
  const requests = [];
  for (const [position, prompt] of sampled.entries()) {
    const { tokens: promptTokens } = await encodePrompt(policy, recipe, arm, prompt);
    requests.push({ position, promptTokens, k: 1, stream: samplingStream('train', arm, 1, position) });
  }

  const written = new Map<number, number>();
  const done = new Map<number, Completion>();
  const begun = hooks.now();
  const report = (): DryProgress => {
    const tokens = [...written.values()].reduce((sum, count) => sum + count, 0);
    const seconds = (hooks.now() - begun) / 1000;
    const tokensPerSecond = seconds > 0 ? tokens / seconds : null;
    return { phase: 'generate', done: done.size, total: sampled.length, tokens, tokensPerSecond };
  };
  hooks.progress(report());
  const { temperature, topP, topK, seed } = recipe;
  const limit = longestCompletion(recipe, arm);
  const on = {
    tokens(position: number, _candidate: number, tokens: readonly number[]) {
      written.set(position, tokens.length);
      hooks.progress(report());
    },
    prompt(position: number, [completion]: readonly Completion[]) {
      if (completion) done.set(position, completion);
      hooks.progress(report());
    },
  };
  await policy.generate(arm, requests, { temperature, topP, topK, seed, maxNewTokens: limit }, on, signal);
  if (signal.aborted) throw cancelled();

  const format = thoughtPrompt(arm, recipe);
  const candidates = sampled.map((_, position) => {
    const completion = done.get(position);
    if (!completion) throw new Error(`generation ended without prompt ${position}`);
    return toCandidate(position, completion, format, (tokens) => policy.decode(tokens));
  });
  return {
    arm,
    limit,
    completions: candidates.map(({ text, thought, response, malformed, tokens }, i) => {
      const { id, instruction } = at(sampled, i);
      return { promptId: id, instruction, text, thought, response, malformed, tokens: tokens.length };
    }),
    meanTokens: mean(candidates.map(({ tokens }) => tokens.length)) ?? 0,
    tokensPerSecond: report().tokensPerSecond,
    ...findingOf(candidates, limit, arm),
  };
}

function findingOf(
  candidates: readonly Candidate[],
  limit: number,
  arm: DrySample['arm'],
): Pick<DrySample, 'malformed' | 'finding' | 'advice' | 'field'> {
  const count = candidates.length;
  const malformed = candidates.filter((candidate) => candidate.malformed !== null).length;
  if (malformed === 0) return { malformed, finding: `All ${count} are well-formed.`, advice: null, field: null };
  const finding = `${malformed} of ${count} malformed: ${malformedReasons(candidates, limit).join(', ')}.`;
  if (2 * malformed <= count) return { malformed, finding, advice: null, field: null };
  const truncated = candidates.filter((candidate) => candidate.malformed === 'truncated').length;
  const long = 2 * truncated > malformed;
  // A completion that does not end may be a long thought, or may have lost the format; both remedies are named.
  const change = long
    ? 'allow longer completions or choose another thought prompt'
    : 'choose a thought prompt whose markers this model writes';
  if (arm === 'direct') {
    const advice = `Few pairs can be made of them: ${long ? 'allow longer completions' : 'choose another model'}.`;
    return { malformed, finding, advice, field: long ? 'maxNewTokensDirect' : 'model' };
  }
  const advice =
    malformed === count
      ? `No pairs can be made of these, and a warm-up would find little to imitate: first ${change}.`
      : 'Few pairs can be made of them. ' +
        `Warm the model up first, so that it imitates those that are well-formed, or ${change}.`;
  return { malformed, finding, advice, field: long ? 'maxNewTokens' : 'format' };
}

export const cancelled = (): LabError =>
  new LabError('cancelled', 'The dry sample was cancelled.', 'Nothing was stored.');
