import { LabError } from '../lib/errors';
import type { Recipe } from '../recipe/recipe';
import type { Policy } from '../tpo/policy';
import type { OpenJudge } from './judge';
import { createLanguageJudge } from './language/language-judge';
import { selfJudgeModel } from './self';

/** The policy's own base as a judge. @param policy the run's; null while there is none */
export function selfJudge(recipe: Recipe, policy: () => Pick<Policy, 'verdictLogps'> | null): OpenJudge {
  const model = selfJudgeModel(() => {
    const current = policy();
    if (current === null)
      throw new LabError('judge-failed', 'The model that judges is not loaded yet.', 'Try again in a moment.');
    return current;
  });
  return createLanguageJudge(model, { ...recipe, method: 'comparison' });
}
