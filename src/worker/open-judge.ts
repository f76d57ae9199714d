/** The judge that a recipe names. */
import type { Judge } from '../judges/judge';
import { ruleJudge } from '../judges/rule';
import { LabError } from '../lib/errors';
import type { Recipe } from '../recipe/recipe';
import type { OnnxParts } from './onnx-judges';

export type JudgeParts = OnnxParts;

/** @throws LabError judge-failed */
export async function openJudge(recipe: Recipe, parts: JudgeParts): Promise<Judge & { dispose(): void }> {
  const { judge } = recipe;
  switch (judge) {
    case 'rule':
      return { ...ruleJudge, dispose() {} };
    case 'onnx':
    case 'similarity':
      return (await import('./onnx-judges')).openOnnxJudge(judge, recipe, parts);
    case 'webllm':
    case 'remote':
    case 'self':
    case 'human':
    case 'panel':
      throw new LabError('judge-failed', `There is no judge of the kind ${judge} yet.`, 'Choose another judge.');
    default:
      return judge satisfies never;
  }
}
