/** Opens a judge on a model of WebLLM. */
import type { JudgeState } from '../../records/judges';
import type { OpenJudge } from '../judge';
import { createLanguageJudge } from '../language/language-judge';
import type { JudgeOpening } from '../opening';
import type { LoadPhase } from './engine';
import { openWebllmModel } from './webllm-model';

/**
 * Nothing is loaded before the first question.
 * @throws LabError judge-failed, no-storage, no-webgpu, adapter-limits
 */
export async function openWebllmJudge({ recipe, services, context }: JudgeOpening): Promise<OpenJudge> {
  const { webllmModel: id } = recipe;
  const catalog = await services.webllm();
  const [source, listed, { features }] = await Promise.all([
    catalog.source(id),
    // The list is only needed for the model's memory. If it fails, the model itself reports the fault when asked.
    catalog.list().catch(() => []),
    services.device(),
  ]);
  const onProgress = (phase: LoadPhase | null) =>
    context.onLoading(phase && ({ judge: id, ...phase } satisfies JudgeState));
  const model = openWebllmModel({ source, features, onProgress });
  const judge = createLanguageJudge(model, { ...recipe, method: recipe.judgeMethod });
  return { ...judge, memory: listed.find((each) => each.id === id)?.memory ?? 0 };
}
