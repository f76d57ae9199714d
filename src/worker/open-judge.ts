/** The judge that a recipe names. */
import type { Judge } from '../judges/judge';
import { judgeFiles, OnnxJudge } from '../judges/onnx';
import { ruleJudge } from '../judges/rule';
import { LabError } from '../lib/errors';
import type { Recipe } from '../recipe/recipe';
import type { DeviceInfo } from './protocol';

export interface JudgeParts {
  /** Address of the page. */
  readonly base: string;
  device(): Promise<DeviceInfo>;
}

/** @throws LabError judge-failed */
export async function openJudge({ judge }: Recipe, { base, device }: JudgeParts): Promise<Judge & { dispose(): void }> {
  switch (judge) {
    case 'rule':
      return { ...ruleJudge, dispose() {} };
    case 'onnx': {
      const { name, kind } = await device();
      const files = judgeFiles(new URL('models/tiny-judge/', base).href);
      const onnx = new OnnxJudge({ files, gpu: { name, software: kind === 'software' } });
      // It loads while the first candidates are written; a failure is heard, and tried again, when it first scores.
      onnx.load().catch(() => {});
      return onnx;
    }
    case 'similarity':
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
