/** What a recipe's own words to a judge must have in them. The page's own are in judge-prompts.ts, which a check of a recipe does not load. */
import type { JudgeMethod, Recipe } from './recipe';

export const PROMPT_FIELD = { rating: 'ratingPrompt', comparison: 'comparisonPrompt' } as const;
const PLACEHOLDERS = {
  rating: ['{instruction}', '{response}'],
  comparison: ['{instruction}', '{first}', '{second}'],
} as const;
const VERDICT = { rating: '[[5]]', comparison: '[[A]], [[B]] or [[C]]' } as const;

/** What is wrong with the words of a recipe, as a sentence; null where nothing is. */
export function judgePromptFault(
  method: JudgeMethod,
  recipe: Pick<Recipe, 'ratingPrompt' | 'comparisonPrompt'>,
): { readonly field: 'ratingPrompt' | 'comparisonPrompt'; readonly message: string } | null {
  const field = PROMPT_FIELD[method];
  const words = recipe[field];
  if (words === '') return null;
  const missing = PLACEHOLDERS[method].filter((placeholder) => !words.includes(placeholder));
  if (missing.length > 0) {
    return {
      field,
      message: `The words of the ${method} do not say where its texts go: write ${missing.join(' and ')} into them.`,
    };
  }
  if (!words.includes('[[')) {
    return {
      field,
      message: `The words of the ${method} must ask for a verdict in double brackets, ${VERDICT[method]}: nothing else is read.`,
    };
  }
  return null;
}
