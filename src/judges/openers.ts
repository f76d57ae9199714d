/** Opens the judges that a recipe names. CONTRIBUTING.md, "A judge", lists the steps to add a kind. */
import { LabError } from '../lib/errors';
import type { JudgeKind } from '../recipe/judges/kinds';
import type { Recipe } from '../recipe/recipe';
import { humanJudge } from './human';
import type { OpenJudge } from './judge';
import type { JudgeContext, JudgeOpener, JudgeServices } from './opening';
import { ruleJudge } from './rule';

/** Judges with much code are loaded when a recipe first names them. */
const OPENERS: Readonly<Record<JudgeKind, JudgeOpener>> = {
  rule: () => ruleJudge,
  onnx: async (opening) => (await import('./onnx/open')).openRewardJudge(opening),
  similarity: async (opening) => (await import('./onnx/open')).openSimilarityJudge(opening),
  webllm: async (opening) => (await import('./webllm/open')).openWebllmJudge(opening),
  remote: async (opening) => (await import('./remote/open')).openRemoteJudge(opening),
  self: async ({ recipe, context }) => (await import('./self')).selfJudge(recipe, context.policy),
  human: () => humanJudge,
  panel: async (opening) => (await import('./panel')).openPanel(opening),
};

/** A run's judges. Both may be the same object. */
export interface RunJudges {
  readonly training: OpenJudge;
  readonly evaluation: OpenJudge;
}

/** @throws LabError as `openJudge` */
export async function openRunJudges(
  recipe: Recipe,
  services: JudgeServices,
  context: JudgeContext,
): Promise<RunJudges> {
  const { judge, evaluationJudge } = recipe;
  const training = await openJudge(judge, recipe, services, context);
  if (evaluationJudge === 'same' || evaluationJudge === judge) return { training, evaluation: training };
  try {
    return { training, evaluation: await openJudge(evaluationJudge, recipe, services, context) };
  } catch (error) {
    training.dispose();
    throw error;
  }
}

/** @throws LabError judge-failed, bad-file, unsupported-model, no-webgpu, adapter-limits */
export async function openJudge(
  kind: JudgeKind,
  recipe: Recipe,
  services: JudgeServices,
  context: JudgeContext,
): Promise<OpenJudge> {
  const open = (member: JudgeKind) => openJudge(member, recipe, services, context);
  try {
    return await OPENERS[kind]({ recipe, services, context, open });
  } catch (error) {
    if (error instanceof LabError) throw error;
    // Most often a script of this page could not be fetched because the network is gone.
    const reason = error instanceof Error ? error.message : String(error);
    const advice = 'Nothing is lost: the run is paused. Check the connection, then continue.';
    throw new LabError('judge-failed', `The judge ${kind} could not be opened: ${reason}.`, advice, { cause: error });
  }
}
