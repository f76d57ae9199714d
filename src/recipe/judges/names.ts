/** The judges of a run, by name and in a sentence: for the page and the model card. */
import type { RunJudge } from './asked';

export interface JudgeNames {
  readonly training: string;
  readonly evaluation: string;
}

/**
 * The names that are stored beside verdicts, such as `tiny-judge`; the kinds of the recipe where nothing was judged
 * yet.
 */
export function judgeNames(
  { judge, evaluationJudge }: Omit<RunJudge, 'panel'>,
  evaluations: readonly { readonly judge?: string }[],
  iterations: readonly { readonly judge?: { readonly judge: string } }[],
): JudgeNames {
  const training = iterations.find((one) => one.judge)?.judge?.judge ?? judge;
  const evaluation =
    evaluations.find((one) => one.judge)?.judge ?? (evaluationJudge === 'same' ? training : evaluationJudge);
  return { training, evaluation };
}

export const WHY_ANOTHER_JUDGE =
  'A policy learns to please the judge that trains it, including that judge’s mistakes, so that judge’s ' +
  'scores flatter the result. Another judge gives better evidence, best of all a rule that knows the right ' +
  'answer.';

/** @param accurate whether the rule can check some prompts */
export function judgesSentence({ training, evaluation }: JudgeNames, accurate: boolean): string {
  const judged =
    training === evaluation
      ? `Trained and evaluated by the same judge, ${training}.`
      : `Trained by the judge ${training}, evaluated by another one, ${evaluation}.`;
  return accurate ? `${judged} Accuracy is always decided by the rule.` : judged;
}
