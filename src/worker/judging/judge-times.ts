/** How long judges take to answer: from a trial, or an earlier run that asked the same one. Loaded for a recipe that asks one. */

import { evaluatorOf, membersOf, trainingKinds } from '../../recipe/judges/asked';
import { judgeQuestions, judgeQuestionsOfRun } from '../../recipe/judges/calls';
import { type JudgeKind, KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { Estimate } from '../../records/device';
import type { RunDetail } from '../../records/runs';
import { longestCompletion } from '../../tpo/generation/run-prompts';
import { EXPECTED_SHARE } from '../../tpo/progress/time-left';
import type { RunStore } from '../../tpo/store';

export interface JudgingTime {
  readonly seconds: number;
  readonly untimed: NonNullable<Estimate['untimed']>;
}

/** Earlier runs that are looked at. */
const RUNS = 3;

/** Equal for judges that take equally long. */
function nameOf(kind: JudgeKind, recipe: Recipe): string {
  return membersOf(kind, recipe)
    .map((member) => [member, ...KINDS[member].timedBy.map((field) => recipe[field])].join(' '))
    .join(', ');
}

/** A judge's time in a run, and the questions that were planned for it: fewer were asked, in this run as in the next. */
function measured(
  { summary: { recipe }, iterations, evaluations }: RunDetail,
  name: string,
): { seconds: number; questions: number } {
  let [seconds, questions] = [0, 0];
  if (nameOf(recipe.judge, recipe) === name) {
    for (const one of iterations) {
      if (one.iteration === 0) continue;
      seconds += one.seconds.judge;
      questions += judgeQuestions(recipe.judge, recipe, one.prompts, recipe.k);
    }
  }
  const timed = evaluations.filter(({ judgeSeconds }) => judgeSeconds !== undefined);
  const planned = judgeQuestionsOfRun(recipe, evaluations[0]?.prompts ?? 0);
  if (nameOf(evaluatorOf(recipe), recipe) === name && planned) {
    const share = timed.length / ((recipe.iterations + 1) * recipe.arms.length);
    seconds += timed.reduce((sum, { judgeSeconds = 0 }) => sum + judgeSeconds, 0);
    questions += share * (planned.evaluation + planned.evaluationControls);
  }
  return { seconds, questions };
}

export class JudgeTimes {
  /** By the judge's name: seconds a question, in this session's last trial. */
  private readonly tried = new Map<string, number>();

  constructor(private readonly store: Pick<RunStore, 'list' | 'detail'>) {}

  /** What a trial of the recipe's judge came to. */
  put(recipe: Recipe, secondsPerQuestion: number): void {
    this.tried.set(nameOf(recipe.judge, recipe), secondsPerQuestion);
  }

  /**
   * @param heldout prompts evaluated each time
   * @param device where it will run
   * @param reading seconds of the policy's device to read so many tokens, which is how it judges by itself; null where nobody knows
   * @param verdict tokens of the longest question to the policy itself; null where it is asked none
   */
  async ofRun(
    recipe: Recipe,
    heldout: number,
    device: string,
    reading: (tokens: number) => number | null,
    verdict: number | null,
  ): Promise<JudgingTime> {
    const calls = judgeQuestionsOfRun(recipe, heldout);
    const evaluator = evaluatorOf(recipe);
    const asked = new Map<JudgeKind, number>();
    if (calls) {
      asked.set(recipe.judge, calls.training + calls.controls);
      asked.set(evaluator, (asked.get(evaluator) ?? 0) + calls.evaluation + calls.evaluationControls);
    }
    let seconds = 0;
    const untimed: { judge: JudgeKind; questions: number }[] = [];
    for (const [judge, questions] of asked) {
      if (questions === 0) continue;
      const known = await this.secondsPerQuestion(judge, recipe, device);
      const each =
        known ??
        (KINDS[judge].model?.source === 'policy' && verdict !== null ? reading(usual(verdict, recipe)) : null);
      if (each === null) untimed.push({ judge, questions });
      else seconds += each * questions;
    }
    const { iterations, arms, promptsPerIteration } = recipe;
    for (const judge of trainingKinds(recipe).filter((kind) => KINDS[kind].pace === 'patient')) {
      untimed.push({ judge, questions: iterations * arms.length * promptsPerIteration });
    }
    return { seconds, untimed };
  }

  private async secondsPerQuestion(judge: JudgeKind, recipe: Recipe, device: string): Promise<number | null> {
    const name = nameOf(judge, recipe);
    const tried = this.tried.get(name);
    if (tried !== undefined) return tried;
    const alike = (await this.store.list()).filter(
      (run) =>
        run.device === device &&
        [run.recipe.judge, evaluatorOf(run.recipe)].some((kind) => nameOf(kind, run.recipe) === name),
    );
    for (const { id } of alike.slice(0, RUNS)) {
      const detail = await this.store.detail(id);
      const { seconds, questions } = detail ? measured(detail, name) : { seconds: 0, questions: 0 };
      if (questions > 0) return seconds / questions;
    }
    return null;
  }
}

/** Tokens of a question to the policy itself: two responses are seldom as long as they may be. */
const usual = (verdict: number, recipe: Recipe): number => {
  const longest = Math.max(...recipe.arms.map((arm) => longestCompletion(recipe, arm)));
  return Math.max(0, verdict - 2 * (1 - EXPECTED_SHARE) * longest);
};
