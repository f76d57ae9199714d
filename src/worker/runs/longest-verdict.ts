/** How long the questions are to a judge on the policy's own weights. Loaded for a recipe that asks one. */
import { judgeMessage } from '../../judges/language/question';
import { LabError } from '../../lib/errors';
import { judgePrompt } from '../../recipe/judges/language';
import type { Recipe } from '../../recipe/recipe';
import { longestCompletion, type PromptEncoder } from '../../tpo/generation/run-prompts';

/** How the answer begins, and fences of other letters. */
const LEAST = 8;
/** Besides these, responses that take more tokens read than written. */
const MARGIN = 64;
/** As long as any. */
const FENCE = 'bcdfghjk';

/**
 * Tokens of the longest question that is planned for: words, the longest instruction and two responses of full length, or what the
 * context holds. A pair that is longer all the same gets no verdict.
 * @throws LabError prompt-too-long: not even the instruction fits; unsupported-model
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
      `The model as its own judge would read a question of ${longest} tokens before any response; its context has ${model.contextLength}.`,
      'Choose another judge, shorter words for it, or take the longest prompt out of its set.',
    );
  }
  const response = Math.max(...recipe.arms.map((arm) => longestCompletion(recipe, arm)));
  return Math.min(model.contextLength, longest + 2 * response + MARGIN);
}
