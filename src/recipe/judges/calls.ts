/**
 * How many questions a run asks its judges, computed before it begins. All are upper bounds: malformed candidates, and
 * candidates equal to others, cost less. A call is a question to a judge that is asked in words. A response that a
 * model scores is a question, but not a call.
 */
import type { Recipe } from '../recipe';
import { evaluatorOf, membersOf, methodOf } from './asked';
import type { JudgeMethod } from './kind';
import { type JudgeKind, KINDS } from './kinds';

/**
 * Control rows of a prompt (src/judges/controls.ts). A judge that compares gets one question for each control row. A
 * judge that rates gets them as further responses, together with the best response.
 */
const CONTROLS = 6;
const RATED_IN_CONTROLS = 7;
/** To compare two responses: both orders, or two ratings. */
const CALLS_FOR_TWO = 2;

/** Fields that decide which judges are asked, and how. */
type Asked = Pick<Recipe, 'judge' | 'evaluationJudge' | 'panel' | 'judgeMethod' | 'pairing' | 'swissRounds'>;
type WithControls = Asked & Pick<Recipe, 'controls'>;
type Sizes = Pick<
  Recipe,
  'iterations' | 'promptsPerIteration' | 'arms' | 'k' | 'evaluationPrompts' | 'evaluationSamples'
>;

/** The members of a kind that are counted, each by its method. */
type MethodsOf = (kind: JudgeKind, recipe: Asked) => JudgeMethod[];

/** Judges that are asked in words. */
const calledMethods: MethodsOf = (kind, recipe) =>
  membersOf(kind, recipe).flatMap((member) => methodOf(member, recipe) ?? []);

/** Judges that are asked at all: a model that scores responses counts as one that rates them. */
const questionedMethods: MethodsOf = (kind, recipe) =>
  membersOf(kind, recipe).flatMap((member) =>
    KINDS[member].method === 'score' ? 'rating' : (methodOf(member, recipe) ?? []),
  );

const isPanel = (kind: JudgeKind): boolean => KINDS[kind].method === 'members';

/** Games between k different responses, in both orders. */
function gamesOf({ pairing, swissRounds }: Pick<Recipe, 'pairing' | 'swissRounds'>, k: number): number {
  if (k < 2) return 0;
  switch (pairing) {
    case 'all':
      return k * (k - 1);
    case 'baseline':
      return 2 * (k - 1);
    case 'swiss':
      // With an odd k one response sits out each round. After this many rounds every two have met.
      return 2 * Math.floor(k / 2) * Math.min(swissRounds, k % 2 === 0 ? k - 1 : k);
    default:
      return pairing satisfies never;
  }
}

function total(methods: readonly JudgeMethod[], callsOf: (method: JudgeMethod) => number): number {
  return methods.reduce((calls, method) => calls + callsOf(method), 0);
}

const forCandidates = (methods: readonly JudgeMethod[], recipe: Asked, k: number): number =>
  total(methods, (method) => (method === 'rating' ? k : gamesOf(recipe, k)));

/** For the control rows of `prompts` prompts. */
function forControls(kind: JudgeKind, recipe: WithControls, prompts: number, methodsOf: MethodsOf): number {
  const calls = total(methodsOf(kind, recipe), (method) =>
    method === 'rating' && !isPanel(kind) ? RATED_IN_CONTROLS : CONTROLS * CALLS_FOR_TWO,
  );
  return Math.min(recipe.controls, prompts) * calls;
}

/** Calls for the k candidates of one training prompt. null: the judge is not asked in words. */
export function judgeCallsPerPrompt(recipe: Asked, k: number): number | null {
  const methods = calledMethods(recipe.judge, recipe);
  return methods.length === 0 ? null : forCandidates(methods, recipe, k);
}

/** Calls to judge an iteration of one arm again, control rows included. null: the judge is not asked in words. */
export function rejudgingCalls(recipe: WithControls, prompts: number, k: number): number | null {
  const perPrompt = judgeCallsPerPrompt(recipe, k);
  return perPrompt === null ? null : prompts * perPrompt + forControls(recipe.judge, recipe, prompts, calledMethods);
}

/** Questions for the control rows of one prompt. */
export const controlQuestions = (kind: JudgeKind, recipe: Asked): number =>
  forControls(kind, { ...recipe, controls: 1 }, 1, questionedMethods);

/**
 * Questions for `prompts` prompts of k candidates, control rows included. The speed of a judge is measured in
 * questions.
 */
export const judgeQuestions = (kind: JudgeKind, recipe: WithControls, prompts: number, k: number): number =>
  prompts * forCandidates(questionedMethods(kind, recipe), recipe, k) +
  forControls(kind, recipe, prompts, questionedMethods);

export interface RunCalls {
  readonly training: number;
  readonly evaluation: number;
  /** For the control rows of the training's judge. */
  readonly controls: number;
  /** For the control rows of the evaluation's judge; 0 where it is the training's. */
  readonly evaluationControls: number;
}

/**
 * Calls of a whole run. Ratings are comparable between prompts, so each sample is rated once. A judge whose scores are
 * only comparable within one prompt evaluates by comparison: every sample against the seed model's, and the thinking
 * arm's against the direct arm's.
 * @param heldout prompts in the held-out set
 * @returns null where no judge is asked in words
 */
export const judgeCallsOfRun = (recipe: WithControls & Sizes, heldout: number): RunCalls | null =>
  countOfRun(recipe, heldout, calledMethods);

/** Questions of a whole run. null: no judge is asked any. */
export const judgeQuestionsOfRun = (recipe: WithControls & Sizes, heldout: number): RunCalls | null =>
  countOfRun(recipe, heldout, questionedMethods);

function countOfRun(recipe: WithControls & Sizes, heldout: number, methodsOf: MethodsOf): RunCalls | null {
  const { judge, iterations, promptsPerIteration, arms, k, evaluationPrompts, evaluationSamples } = recipe;
  const evaluator = evaluatorOf(recipe);
  const training = methodsOf(judge, recipe);
  const evaluation = methodsOf(evaluator, recipe);
  if (training.length + evaluation.length === 0) return null;

  const armIterations = iterations * arms.length;
  const prompts = evaluationPrompts === 0 ? heldout : Math.min(evaluationPrompts, heldout);
  const samples = evaluationSamples * prompts;
  const comparisons = armIterations + (arms.length === 2 ? iterations + 1 : 0);
  const evaluations = (iterations + 1) * arms.length;
  const perSample = total(evaluation, (method) =>
    method === 'rating' && !isPanel(evaluator) ? evaluations : CALLS_FOR_TWO * comparisons,
  );
  return {
    training: armIterations * promptsPerIteration * forCandidates(training, recipe, k),
    evaluation: samples * perSample,
    controls: armIterations * forControls(judge, recipe, promptsPerIteration, methodsOf),
    evaluationControls: evaluator === judge ? 0 : forControls(evaluator, recipe, prompts, methodsOf),
  };
}
