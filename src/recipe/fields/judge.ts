/**
 * Fields about the judges that more than one kind reads. Fields of a single kind are declared with its record, in
 * judges/.
 */
import { choice, choiceAmong, integer, keysOf, text } from '../declare';
import { askedKinds, methodOf, type RunJudge } from '../judges/asked';
import type { JudgeMethod } from '../judges/kind';
import { EVALUATION_JUDGES, JUDGES, KINDS, SINGLE_KIND_FIELDS } from '../judges/kinds';

interface Asking extends RunJudge {
  readonly judgeMethod: JudgeMethod;
}

const asksBy = (recipe: Asking, method: JudgeMethod): boolean =>
  askedKinds(recipe).some((kind) => methodOf(kind, recipe) === method);
const compares = (recipe: Asking): boolean => asksBy(recipe, 'comparison');
const limited = (recipe: RunJudge): boolean => askedKinds(recipe).some((kind) => KINDS[kind].limited);

export const JUDGE = choiceAmong({
  label: 'Judge',
  explanation: 'Scores the response only, never the thought. What it prefers is what the model learns.',
  group: 'Judge',
  values: JUDGES,
  nameOf: (kind) => KINDS[kind].label,
  default: 'rule',
});

export const EVALUATION_JUDGE = choiceAmong({
  label: 'Judge of the evaluation',
  explanation:
    'Preferably not the judge of the training: a model that has learnt to please its judge need not have improved.',
  group: 'Evaluation',
  values: EVALUATION_JUDGES,
  nameOf: (kind) => (kind === 'same' ? 'The same as in training' : KINDS[kind].label),
  default: 'same',
  addedLater: true,
});

export const CONTROLS = integer({
  label: 'Control rows',
  explanation:
    'Prompts of each iteration and arm on which the judge is tested, with responses that are empty, cut off, ' +
    'or repeated, or that tell it what to choose. Its failures are shown.',
  group: 'Judge',
  min: 0,
  max: 1000,
  unit: 'prompts',
  default: 4,
  addedLater: true,
});

/** The settings of a judge other than its kind: its models, prompts, pairing and limits. */
export const JUDGE_DETAILS = {
  ...SINGLE_KIND_FIELDS,
  judgeMethod: choice({
    label: 'Method',
    explanation:
      'A rating needs one call per response. A comparison is fairer, and needs two calls per pair of ' +
      'responses, one in each order.',
    group: 'Judge',
    options: { rating: 'A rating from 1 to 9', comparison: 'The better one of two' },
    default: 'comparison',
    when: (recipe: RunJudge): boolean => askedKinds(recipe).some((kind) => KINDS[kind].method === 'chosen'),
    addedLater: true,
  }),
  pairing: choice({
    label: 'Who meets whom',
    explanation:
      'Every two candidates, as in the paper; each candidate against the first; or a few rounds between ' +
      'candidates of similar rank.',
    group: 'Judge',
    options: {
      all: 'Every two: K(K−1) calls',
      baseline: 'Each against the first: 2(K−1) calls',
      swiss: 'Swiss rounds: about K calls a round',
    },
    default: 'all',
    when: compares,
    addedLater: true,
  }),
  swissRounds: integer({
    label: 'Swiss rounds',
    explanation: 'Rounds in which candidates of similar rank meet.',
    group: 'Judge',
    min: 1,
    max: 10,
    default: 3,
    when: (recipe: Asking & { readonly pairing: string }): boolean => compares(recipe) && recipe.pairing === 'swiss',
    addedLater: true,
  }),
  ratingPrompt: text({
    label: 'Rating prompt',
    explanation: 'What the judge is asked. Must contain {instruction} and {response}. Empty: the default prompt.',
    group: 'Judge',
    max: 8192,
    long: true,
    default: '',
    when: (recipe: Asking): boolean => asksBy(recipe, 'rating'),
    addedLater: true,
  }),
  comparisonPrompt: text({
    label: 'Comparison prompt',
    explanation:
      'What the judge is asked. Must contain {instruction}, {first} and {second}. Empty: the default prompt.',
    group: 'Judge',
    max: 8192,
    long: true,
    default: '',
    when: compares,
    addedLater: true,
  }),
  judgeReplyTokens: integer({
    label: 'Longest reply',
    explanation: 'A judge that reasons before its verdict needs room for its reasoning.',
    group: 'Judge',
    min: 1,
    max: 4096,
    unit: 'tokens',
    default: 256,
    when: limited,
    addedLater: true,
  }),
  judgeConcurrency: integer({
    label: 'Concurrent calls',
    explanation: 'More is faster, until the server is busy or refuses.',
    group: 'Judge',
    min: 1,
    max: 64,
    default: 4,
    when: limited,
    addedLater: true,
  }),
  judgeCallLimit: integer({
    label: 'Limit of calls',
    explanation: 'The run pauses after this many calls; continuing it allows as many again. 0: no limit.',
    group: 'Judge',
    min: 0,
    max: 10_000_000,
    unit: 'calls',
    default: 0,
    when: limited,
    addedLater: true,
  }),
  judgeTokenLimit: integer({
    label: 'Limit of tokens',
    explanation:
      'The run pauses before its calls exceed this many tokens, prompts and replies together; continuing it ' +
      'allows as many again. 0: no limit.',
    group: 'Judge',
    min: 0,
    max: 1_000_000_000,
    unit: 'tokens',
    default: 0,
    when: limited,
    addedLater: true,
  }),
  ...KINDS.panel.fields,
};

export const JUDGE_DETAIL_NAMES = keysOf(JUDGE_DETAILS);
