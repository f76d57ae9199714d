/** The judges that a recipe names. Each kind is loaded when it is first asked for. */
import { humanJudge } from '../../judges/human';
import type { OpenJudge } from '../../judges/judge';
import type { JudgeModel } from '../../judges/language/judge-model';
import { ruleJudge } from '../../judges/rule';
import { LabError } from '../../lib/errors';
import { methodOf, parsePanel } from '../../recipe/judges/asked';
import type { JudgeKind } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { JudgeState } from '../../records/judges';
import type { Policy } from '../../tpo/policy';
import type { RunJudges } from '../runs/run-session';
import type { OnnxParts } from './onnx-judges';
import type { RemoteJudges } from './remote-judges';
import type { WebllmModels } from './webllm-models';

export interface JudgeParts extends OnnxParts {
  device(): Promise<DeviceInfo>;
  webllm(): Promise<WebllmModels>;
  remote(): Promise<RemoteJudges>;
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

/** @throws LabError judge-failed, bad-file, unsupported-model, and what keeps the lab from having a device */
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

/** @throws LabError judge-failed, bad-file, unsupported-model, and what keeps the lab from having a device */
export async function openJudge(
  kind: JudgeKind,
  recipe: Recipe,
  parts: JudgeParts,
  context: JudgeContext,
): Promise<OpenJudge> {
  try {
    return await opened(kind, recipe, parts, context);
  } catch (error) {
    if (error instanceof LabError) throw error;
    // Most often a script of this page that was not fetched before the network went.
    const reason = error instanceof Error ? error.message : String(error);
    const advice = 'Nothing is lost: the run waits. Check the connection, then go on to try again.';
    throw new LabError('judge-failed', `The judge ${kind} could not be opened: ${reason}.`, advice, { cause: error });
  }
}

async function opened(kind: JudgeKind, recipe: Recipe, parts: JudgeParts, context: JudgeContext): Promise<OpenJudge> {
  switch (kind) {
    case 'rule':
      return ruleJudge;
    case 'onnx':
    case 'similarity':
      return (await import('./onnx-judges')).openOnnxJudge(kind, recipe, parts);
    case 'webllm':
      return openWebllm(recipe, parts, context);
    case 'remote':
      return inWords(kind, (await parts.remote()).open(recipe, context.runId), recipe);
    case 'self':
      return (await import('../../judges/self-judge')).selfJudge(recipe, context.policy);
    case 'human':
      return humanJudge;
    case 'panel':
      return openPanel(recipe, parts, context);
    default:
      return kind satisfies never;
  }
}

async function openWebllm(recipe: Recipe, parts: JudgeParts, { tell }: JudgeContext): Promise<OpenJudge> {
  const { webllmModel: id } = recipe;
  const models = await parts.webllm();
  const [source, listed, { features }, { openWebllmModel }] = await Promise.all([
    models.source(id),
    // Only to know its memory: the model itself says what is wrong, when it is asked.
    models.list().catch(() => []),
    parts.device(),
    import('../../judges/webllm/webllm'),
  ]);
  const onProgress = (phase: Omit<JudgeState, 'judge'> | null) => tell(phase && { judge: id, ...phase });
  const judge = await inWords('webllm', openWebllmModel({ source, features, onProgress }), recipe);
  return { ...judge, memory: listed.find((model) => model.id === id)?.memory ?? 0 };
}

/** Those that were opened before one failed are closed again. */
async function openPanel(recipe: Recipe, parts: JudgeParts, context: JudgeContext): Promise<OpenJudge> {
  const { createPanel } = await import('../../judges/panel');
  const seats: { judge: OpenJudge; weight: number }[] = [];
  try {
    for (const { kind, weight } of parsePanel(recipe.panel)) {
      seats.push({ judge: await openJudge(kind, recipe, parts, context), weight });
    }
    const memory = seats.reduce((sum, { judge }) => sum + (judge.memory ?? 0), 0);
    return { ...createPanel(seats), memory };
  } catch (error) {
    for (const { judge } of seats) judge.dispose();
    throw error;
  }
}

/** A language model, asked as the recipe says. */
async function inWords(kind: JudgeKind, model: JudgeModel, recipe: Recipe): Promise<OpenJudge> {
  const { createLanguageJudge } = await import('../../judges/language/language-judge');
  return createLanguageJudge(model, { ...recipe, method: methodOf(kind, recipe) ?? recipe.judgeMethod });
}
