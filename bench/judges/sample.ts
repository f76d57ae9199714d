/**
 * Samples pairs of a right and a wrong response to the same held-out prompt from the bundled model, without a thought.
 */

import { parsePrompts } from '../../src/formats/prompts/prompt-set';
import { isRight } from '../../src/judges/rule';
import { at } from '../../src/lib/assert';
import type { Completion } from '../../src/model/generation/request';
import { openPolicy } from '../policy';
import { judgingRecipe } from './recipe';
import type { JudgePair } from './report';

const SAMPLES = 12;

/** The first right and the first wrong one of twelve samples, for the first `count` prompts that have both. */
export async function sample(count: number): Promise<readonly JudgePair[]> {
  const heldout = parsePrompts(await (await fetch('prompts/tiny-heldout.jsonl')).text());
  const { policy, recipe, prompts, close } = await openPolicy(
    null,
    heldout.map(({ instruction }) => instruction),
    (model) => judgingRecipe(model, true),
  );
  const found: (JudgePair | null)[] = heldout.map(() => null);
  const on = {
    tokens: () => {},
    prompt(position: number, completions: readonly Completion[]) {
      const { id, category = '', instruction, answer, check } = at(heldout, position);
      if (answer === undefined || check === undefined) return;
      const texts = completions.filter(({ ended }) => ended).map(({ tokens }) => policy.decode(tokens).trim());
      const right = texts.find((text) => isRight(text, { answer, check }) === true);
      const wrong = texts.find((text) => text !== '' && isRight(text, { answer, check }) === false);
      if (right !== undefined && wrong !== undefined)
        found[position] = { id, category, instruction, answer, check, right, wrong };
    },
  };
  const requests = prompts.map((promptTokens, position) => ({ position, promptTokens, k: SAMPLES, stream: position }));
  const { temperature, topP, topK, seed, maxNewTokensDirect: maxNewTokens } = recipe;
  await policy.generate(
    'direct',
    requests,
    { temperature, topP, topK, seed, maxNewTokens },
    on,
    new AbortController().signal,
  );
  close();
  return found.filter((pair) => pair !== null).slice(0, count);
}
