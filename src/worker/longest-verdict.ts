import { LabError } from '../lib/errors';
import type { Recipe } from '../recipe/recipe';
import { longestCompletion } from '../tpo/run-prompts';

/** The beginning of the answer, fences of other digits, and responses that take more tokens read than written. */
const MARGIN = 64;

export interface VerdictEncoder {
  /** Tokens, prompt and answer together. */
  readonly contextLength: number;
  encodePrompt(message: string, native: boolean): Promise<readonly number[]>;
}

/**
 * Tokens of the longest question that a judge on the policy's own weights is planned for: words, the longest instruction and two responses of
 * full length, or what the context holds. A pair that is longer all the same gets no verdict.
 * @param ask the question about two empty responses
 * @throws LabError prompt-too-long: not even the instruction fits; unsupported-model
 */
export async function longestVerdict(
  model: VerdictEncoder,
  recipe: Recipe,
  instructions: readonly string[],
  ask: (instruction: string) => string,
): Promise<number> {
  const encoded = await Promise.all(instructions.map((instruction) => model.encodePrompt(ask(instruction), false)));
  const longest = Math.max(...encoded.map(({ length }) => length));
  if (longest + MARGIN >= model.contextLength) {
    throw new LabError(
      'prompt-too-long',
      `The model as its own judge would read a question of ${longest} tokens before any response; its context has ${model.contextLength}.`,
      'Choose another judge, shorter words for it, or take the longest prompt out of its set.',
    );
  }
  const response = Math.max(...recipe.arms.map((arm) => longestCompletion(recipe, arm)));
  return Math.min(model.contextLength, longest + 2 * response + MARGIN);
}

/** The words around nothing but the instruction. */
export function emptyComparison({ comparisonPrompt }: Recipe, instruction: string): string {
  return (comparisonPrompt || WORDS).replaceAll('{instruction}', instruction);
}
const WORDS = 'x '.repeat(200);
