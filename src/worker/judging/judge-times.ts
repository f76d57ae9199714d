/** How long judges take to answer, from a trial or from an earlier run with the same judge. */
import { evaluatorOf, membersOf, trainingKinds } from '../../recipe/judges/asked';
import { judgeQuestions, judgeQuestionsOfRun } from '../../recipe/judges/calls';
import { type JudgeKind, KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { Estimate } from '../../records/device';
import type { RunDetail } from '../../records/runs';
import { longestCompletion } from '../../tpo/generation/run-prompts';
import { EXPECTED_SHARE } from '../../tpo/progress/unit-costs';
import type { RunStore } from '../../tpo/store';

export interface JudgingTime {
  /** The time of all judges whose speed is known. */
  readonly seconds: number;
  /** Judges whose speed is not known. */
  readonly untimed: NonNullable<Estimate['untimed']>;
}

/** The number of earlier runs to look at. */
const RUNS = 3;

/** The same for judges that take equally long. */
function nameOf(kind: JudgeKind, recipe: Recipe): string {
  return membersOf(kind, recipe)
    .map((member) => [member, ...KINDS[member].timedBy.map((field) => recipe[field])].join(' '))
    .join(', ');
}

/**
 * The time that a judge took in a run, and the number of questions that had been planned for it. Fewer were asked,
 * and the next run will skip about as many.
 */
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
  /** Seconds for each question in the last trial of this visit, by the judge's name. */
  private readonly tried = new Map<string, number>();

  constructor(private readonly store: Pick<RunStore, 'list' | 'detail'>) {}

  /** Keeps the time that a trial of the recipe's judge measured. */
  put(recipe: Recipe, secondsPerQuestion: number): void {
    this.tried.set(nameOf(recipe.judge, recipe), secondsPerQuestion);
  }

  /**
   * The time that the recipe's judges take in a run.
   * @param heldout the number of prompts in each evaluation
   * @param device the name of the device
   * @param reading seconds that the policy takes to read a number of tokens, which is how it judges itself. Null if
   * unknown
   * @param verdict tokens of the longest question to the policy as its own judge. Null if it is not a judge
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
      const readsItself = KINDS[judge].model?.source === 'policy' && verdict !== null;
      const each = known ?? (readsItself ? reading(usualQuestion(verdict, recipe)) : null);
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

/** Tokens of a usual question to the policy as its own judge: responses are seldom as long as they may be. */
const usualQuestion = (verdict: number, recipe: Recipe): number => {
  const longest = Math.max(...recipe.arms.map((arm) => longestCompletion(recipe, arm)));
  return Math.max(0, verdict - 2 * (1 - EXPECTED_SHARE) * longest);
};
