/** The judge that a recipe names. */
import type { Judge } from '../judges/judge';
import { ruleJudge } from '../judges/rule';
import { LabError } from '../lib/errors';
import type { TemplateRenderer } from '../model/template-renderer';
import type { Recipe } from '../recipe/recipe';
import type { JudgeFiles } from './model-library';
import type { DeviceInfo } from './protocol';

export interface JudgeParts {
  /** Address of the page. */
  readonly base: string;
  device(): Promise<DeviceInfo>;
  readonly templates: TemplateRenderer;
  /** A stored judge's files. @throws LabError judge-failed, bad-file */
  judge(id: string, use: 'reward' | 'embedding'): Promise<JudgeFiles>;
}

/** @throws LabError judge-failed */
export async function openJudge(
  recipe: Recipe,
  { base, device, templates, judge: judgeOf }: JudgeParts,
): Promise<Judge & { dispose(): void }> {
  const { judge } = recipe;
  const gpu = async () => {
    const { name, kind } = await device();
    return { name, software: kind === 'software' };
  };
  switch (judge) {
    case 'rule':
      return { ...ruleJudge, dispose() {} };
    case 'onnx': {
      const { bundledJudge, rewardJudge } = await import('./onnx-judges');
      const { onnxModel } = recipe;
      const onnx =
        onnxModel === ''
          ? bundledJudge(base, await gpu())
          : await rewardJudge(await judgeOf(onnxModel, 'reward'), recipe, templates, await gpu());
      // It loads while the first candidates are written; a failure is heard, and tried again, when it first scores.
      onnx.load().catch(() => {});
      return onnx;
    }
    case 'similarity': {
      const { similarityJudge } = await import('./onnx-judges');
      const similarity = await similarityJudge(await judgeOf(recipe.similarityModel, 'embedding'), await gpu());
      similarity.load().catch(() => {});
      return similarity;
    }
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
