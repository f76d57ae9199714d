/** The longest question to a judge that uses the policy's own weights. Loaded for a recipe that has such a judge. */
import { judgeMessage } from '../../judges/language/question';
import { LabError } from '../../lib/errors';
import { judgePrompt } from '../../recipe/judges/language';
import type { Recipe } from '../../recipe/recipe';
import { longestCompletion, type PromptEncoder } from '../../tpo/generation/run-prompts';

/**
 * Tokens to leave for the start of the answer, and for fences whose letters make more tokens than those of `FENCE`.
 */
const LEAST = 8;
/** Further tokens, because a response may have more tokens when it is read than it had when it was written. */
const MARGIN = 64;
/** As long as every fence around the parts of a question. */
const FENCE = 'bcdfghjk';

/**
 * Tokens of the longest question to plan for: the judge's prompt, the longest instruction and two responses of full
 * length, or the context length if that is less. A pair that is nevertheless longer gets no verdict.
 * @throws LabError prompt-too-long: an instruction does not fit even without responses; unsupported-model
 */
export async function longestVerdict(
  model: PromptEncoder,
  recipe: Recipe,
  instructions: readonly string[],
): Promise<number> {
  const words = judgePrompt('comparison', recipe);
  const encoded = await Promise.all(
    instructions.map((instruction) =>
      model.encodePrompt(judgeMessage(words, { instruction, first: '', second: '' }, FENCE), false),
    ),
  );
  const longest = Math.max(...encoded.map(({ length }) => length));
  if (longest + LEAST >= model.contextLength) {
    throw new LabError(
      'prompt-too-long',
      `As its own judge, the model would read a question of ${longest} tokens before any response. Its context has ` +
        `${model.contextLength}.`,
      'Choose another judge, shorten the judge’s prompt, or remove the longest prompt from its set.',
    );
  }
  const response = Math.max(...recipe.arms.map((arm) => longestCompletion(recipe, arm)));
  return Math.min(model.contextLength, longest + 2 * response + MARGIN);
}
