/** How often a run asks judges that answer in words, before it begins. Candidates that are malformed or equal to others cost less. */
import { parsePanel } from './panel';
import type { JudgeKind, JudgeMethod, Recipe } from './recipe';

/** A control row is a question of its own where judges compare, and one more response where they rate (src/judges/controls.ts). */
const CONTROLS = 6;
const RATED_IN_CONTROLS = 7;
/** Two responses, both orders; or two ratings. */
const CALLS_FOR_TWO = 2;

/** How a kind of judge is asked in words; null where it is not. The model itself tells the better one of two and does not rate. */
export function methodOf(kind: JudgeKind, { judgeMethod }: Pick<Recipe, 'judgeMethod'>): JudgeMethod | null {
  if (kind === 'self') return 'comparison';
  return kind === 'webllm' || kind === 'remote' ? judgeMethod : null;
}

/** Games of one prompt with k different responses, each meeting in both orders. */
function gamesOf({ pairing, swissRounds }: Pick<Recipe, 'pairing' | 'swissRounds'>, k: number): number {
  if (k < 2) return 0;
  switch (pairing) {
    case 'all':
      return k * (k - 1);
    case 'baseline':
      return 2 * (k - 1);
    case 'swiss':
      // An odd one sits out; after so many rounds everyone has met everyone.
      return 2 * Math.floor(k / 2) * Math.min(swissRounds, k % 2 === 0 ? k - 1 : k);
    default:
      return pairing satisfies never;
  }
}

type Asked = Pick<Recipe, 'judge' | 'evaluationJudge' | 'panel' | 'judgeMethod' | 'pairing' | 'swissRounds'>;

/** The judges behind a kind that are asked in words, each by its method. */
function methodsOf(kind: JudgeKind, recipe: Asked): JudgeMethod[] {
  const kinds = kind === 'panel' ? parsePanel(recipe.panel).map((member) => member.kind) : [kind];
  return kinds.flatMap((each) => methodOf(each, recipe) ?? []);
}

function total(methods: readonly JudgeMethod[], callsOf: (method: JudgeMethod) => number): number {
  return methods.reduce((calls, method) => calls + callsOf(method), 0);
}

/** Calls for the k candidates of a training prompt; null where the judge is asked in no words. */
export function judgeCallsPerPrompt(recipe: Asked, k: number): number | null {
  const methods = methodsOf(recipe.judge, recipe);
  return methods.length === 0 ? null : total(methods, (method) => (method === 'rating' ? k : gamesOf(recipe, k)));
}

export interface RunCalls {
  readonly training: number;
  readonly evaluation: number;
  /** Of control rows: of the judge of the training, and of one that only evaluates. */
  readonly controls: number;
  readonly evaluationControls: number;
}

type Counted = Asked &
  Pick<
    Recipe,
    'iterations' | 'promptsPerIteration' | 'arms' | 'k' | 'controls' | 'evaluationPrompts' | 'evaluationSamples'
  >;

/** Calls for the control rows of so many prompts, at most. */
function controlCalls(
  kind: JudgeKind,
  recipe: Asked & Pick<Recipe, 'controls'>,
  prompts: number,
  of = methodsOf,
): number {
  const calls = total(of(kind, recipe), (method) =>
    method === 'rating' && kind !== 'panel' ? RATED_IN_CONTROLS : CONTROLS * CALLS_FOR_TWO,
  );
  return Math.min(recipe.controls, prompts) * calls;
}

/**
 * Calls of a whole run, at most. A judge whose scores compare only within a prompt evaluates by comparison: every sample against the seed
 * model's, and the thinking arm's against the direct arm's.
 * @param heldout prompts in the held-out set. Returns null where no judge is asked in words
 */
export const judgeCallsOfRun = (recipe: Counted, heldout: number): RunCalls | null =>
  callsOfRun(recipe, heldout, methodsOf);

/** Questions of a run, as `judgeCallsOfRun`: a response that a reward model or an embedding model scores is one too. */
export const judgeQuestionsOfRun = (recipe: Counted, heldout: number): RunCalls | null =>
  callsOfRun(recipe, heldout, askedBy);

/** Calls for an iteration of one arm that is judged again, its control rows with it; null where the judge is asked in no words. */
export function judgeCallsOfAgain(
  recipe: Asked & Pick<Recipe, 'controls'>,
  prompts: number,
  k: number,
): number | null {
  const perPrompt = judgeCallsPerPrompt(recipe, k);
  return perPrompt === null ? null : prompts * perPrompt + controlCalls(recipe.judge, recipe, prompts);
}

/** Questions for the control rows of one prompt. */
export const controlQuestions = (kind: JudgeKind, recipe: Asked): number =>
  controlCalls(kind, { ...recipe, controls: 1 }, 1, askedBy);

/** Questions for so many prompts of k candidates, their control rows with them: what a judge's speed is measured by. */
export function judgeQuestions(
  kind: JudgeKind,
  recipe: Asked & Pick<Recipe, 'controls'>,
  prompts: number,
  k: number,
): number {
  const each = total(askedBy(kind, recipe), (method) => (method === 'rating' ? k : gamesOf(recipe, k)));
  return prompts * each + controlCalls(kind, recipe, prompts, askedBy);
}

/** `methodsOf`, with the models that give numbers: they rate. */
function askedBy(kind: JudgeKind, recipe: Asked): JudgeMethod[] {
  const kinds = kind === 'panel' ? parsePanel(recipe.panel).map((member) => member.kind) : [kind];
  return kinds.flatMap((each) =>
    each === 'onnx' || each === 'similarity' ? 'rating' : (methodOf(each, recipe) ?? []),
  );
}

function callsOfRun(recipe: Counted, heldout: number, methods: typeof methodsOf): RunCalls | null {
  const { judge, evaluationJudge, iterations, promptsPerIteration, arms, k, evaluationPrompts, evaluationSamples } =
    recipe;
  const evaluator = evaluationJudge === 'same' ? judge : evaluationJudge;
  const training = methods(judge, recipe);
  const evaluation = methods(evaluator, recipe);
  if (training.length + evaluation.length === 0) return null;

  const blocks = iterations * arms.length;
  const prompts = evaluationPrompts === 0 ? heldout : Math.min(evaluationPrompts, heldout);
  const samples = evaluationSamples * prompts;
  const comparisons = blocks + (arms.length === 2 ? iterations + 1 : 0);
  const evaluations = (iterations + 1) * arms.length;
  const panel = evaluator === 'panel';
  return {
    training:
      blocks * promptsPerIteration * total(training, (method) => (method === 'rating' ? k : gamesOf(recipe, k))),
    evaluation:
      samples *
      total(evaluation, (method) => (method === 'rating' && !panel ? evaluations : CALLS_FOR_TWO * comparisons)),
    controls: blocks * controlCalls(judge, recipe, promptsPerIteration, methods),
    evaluationControls: evaluator === judge ? 0 : controlCalls(evaluator, recipe, prompts, methods),
  };
}
