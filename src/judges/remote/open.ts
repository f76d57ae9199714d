/** Opens a judge on a remote server. */
import type { Recipe } from '../../recipe/recipe';
import type { OpenJudge } from '../judge';
import type { JudgeModel } from '../language/judge-model';
import { createLanguageJudge } from '../language/language-judge';
import type { JudgeOpening } from '../opening';
import { openRemoteModel, type RemoteConnection, type RemoteSettings } from './remote-model';

/** @throws LabError judge-failed: the address is not valid */
export async function openRemoteJudge({ recipe, services, context }: JudgeOpening): Promise<OpenJudge> {
  const connection = (await services.remote()).connect(recipe, context.runId);
  return createLanguageJudge(remoteModel(recipe, connection), { ...recipe, method: recipe.judgeMethod });
}

type RemoteRecipe = RemoteSettings & Pick<Recipe, 'remoteModel' | 'judgeReplyTokens' | 'judgeConcurrency'>;

/** @throws LabError judge-failed: the address is not valid */
export function remoteModel(recipe: RemoteRecipe, connection: RemoteConnection): JudgeModel {
  return openRemoteModel({
    ...connection,
    url: recipe.remoteUrl,
    model: recipe.remoteModel,
    replyTokens: recipe.judgeReplyTokens,
    concurrency: recipe.judgeConcurrency,
  });
}
