/** The judges that a recipe names. Each kind is loaded when it is first asked for. */
import { humanJudge } from '../judges/human';
import type { OpenJudge } from '../judges/judge';
import { ruleJudge } from '../judges/rule';
import type { WebllmSource } from '../judges/webllm-session';
import { LabError } from '../lib/errors';
import { parsePanel } from '../recipe/panel';
import type { JudgeKind, Recipe } from '../recipe/recipe';
import type { Policy } from '../tpo/policy';
import type { DeviceInfo, JudgeState } from './protocol';
import type { RunJudges } from './run-session';

export interface JudgeParts {
  /** Address of the page. */
  readonly base: string;
  device(): Promise<DeviceInfo>;
  /** Where a model of WebLLM lies. @throws LabError judge-failed, no-storage */
  webllmSource(id: string): Promise<WebllmSource>;
}

/** For whom a judge is opened. */
export interface JudgeContext {
  /** null: for no run. */
  readonly runId: string | null;
  /** The one whose weights `self` judges with; null while there is none. */
  policy(): Policy | null;
  /** What it does before it can answer. */
  tell(state: JudgeState | null): void;
}

/** @throws LabError judge-failed, and what keeps the lab from having a device */
export async function openRunJudges(recipe: Recipe, parts: JudgeParts, context: JudgeContext): Promise<RunJudges> {
  const { judge, evaluationJudge } = recipe;
  const training = await openJudge(judge, recipe, parts, context);
  if (evaluationJudge === 'same' || evaluationJudge === judge) return { training, evaluation: training };
  try {
    return { training, evaluation: await openJudge(evaluationJudge, recipe, parts, context) };
  } catch (error) {
    training.dispose();
    throw error;
  }
}

/** @throws LabError judge-failed, and what keeps the lab from having a device */
export async function openJudge(kind: JudgeKind, recipe: Recipe, parts: JudgeParts, context: JudgeContext): Promise<OpenJudge> {
  switch (kind) {
    case 'rule':
      return ruleJudge;
    case 'onnx': {
      const { judgeFiles, OnnxJudge } = await import('../judges/onnx');
      const { name, kind: gpu } = await parts.device();
      const files = judgeFiles(new URL('models/tiny-judge/', parts.base).href);
      const onnx = new OnnxJudge({ files, gpu: { name, software: gpu === 'software' } });
      // It loads while the first candidates are written; a failure is heard, and tried again, when it first scores.
      onnx.load().catch(() => {});
      return {
        name: 'tiny-judge',
        promptVersion: null,
        score: (request) => onnx.score(request),
        dispose: () => onnx.dispose(),
      };
    }
    case 'human':
      return humanJudge;
    case 'panel':
      return openPanel(recipe, parts, context);
    case 'webllm':
      return openWebllm(recipe, parts, context);
    case 'similarity':
    case 'remote':
    case 'self':
      throw new LabError('judge-failed', `There is no judge of the kind ${kind} yet.`, 'Choose another judge.');
    default:
      return kind satisfies never;
  }
}

/** It is loaded when it is first asked. */
async function openWebllm(recipe: Recipe, parts: JudgeParts, { tell }: JudgeContext): Promise<OpenJudge> {
  const [{ openWebllmModel }, { createLanguageJudge }] = await Promise.all([
    import('../judges/webllm'),
    import('../judges/language-judge'),
  ]);
  const source = await parts.webllmSource(recipe.webllmModel);
  const { features } = await parts.device();
  const model = openWebllmModel({
    source,
    features,
    onProgress: (phase) => tell(phase && { judge: `webllm ${source.id}`, ...phase }),
  });
  return createLanguageJudge(model, { ...recipe, method: recipe.judgeMethod });
}

/** Those that were opened before one failed are closed again. */
async function openPanel(recipe: Recipe, parts: JudgeParts, context: JudgeContext): Promise<OpenJudge> {
  const { createPanel } = await import('../judges/panel');
  const seats: { judge: OpenJudge; weight: number }[] = [];
  try {
    for (const { kind, weight } of parsePanel(recipe.panel)) {
      seats.push({ judge: await openJudge(kind, recipe, parts, context), weight });
    }
    return createPanel(seats);
  } catch (error) {
    for (const { judge } of seats) judge.dispose();
    throw error;
  }
}
