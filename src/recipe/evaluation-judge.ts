/** Who judges what, in sentences: for the page and the model card. */

import type { Recipe } from './recipe';

export interface JudgeNames {
  readonly training: string;
  readonly evaluation: string;
}

/** As they stand beside their verdicts; where nothing was judged yet, as the recipe names them. */
export function judgesOf(
  { judge, evaluationJudge }: Pick<Recipe, 'judge' | 'evaluationJudge'>,
  evaluations: readonly { readonly judge?: string }[],
  iterations: readonly { readonly judge?: { readonly judge: string } }[],
): JudgeNames {
  const training = iterations.find((one) => one.judge)?.judge?.judge ?? judge;
  const evaluation =
    evaluations.find((one) => one.judge)?.judge ?? (evaluationJudge === 'same' ? training : evaluationJudge);
  return { training, evaluation };
}

export const WHY_ANOTHER_JUDGE =
  'A policy learns to please the judge that trains it, that judge’s mistakes included, and so its own scores flatter the result. The verdict of another judge, best of a rule that knows the right answer, is worth more.';

/** @param accurate prompts have reference answers */
export function judgesSentence({ training, evaluation }: JudgeNames, accurate: boolean): string {
  const judged =
    training === evaluation
      ? `Trained and evaluated by the same judge, ${training}.`
      : `Trained by the judge ${training}, evaluated by another one, ${evaluation}.`;
  return accurate ? `${judged} Accuracy is the rule’s word, whoever judges.` : judged;
}
