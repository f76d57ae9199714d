/** What the page says of each field of the recipe: its group, its name in the paper's words, one line that explains it. */
import { judgesOf } from './panel';
import {
  ARMS,
  EVALUATION_JUDGES,
  FORMATS,
  JUDGE_METHODS,
  JUDGES,
  type JudgeKind,
  LOSSES,
  PAIRINGS,
  type Recipe,
  SCHEDULES,
  TARGET_MODULES,
} from './recipe';

export const GROUPS = [
  'What it learns from',
  'Judge',
  'Thinking',
  'Warm-up',
  'Sampling',
  'Pairs',
  'Loss',
  'Adapter',
  'Optimiser',
  'Evaluation',
  'Machine',
] as const;
export type Group = (typeof GROUPS)[number];

export type Control =
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly step: number | 'any';
      readonly unit?: string;
    }
  | { readonly kind: 'choice'; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: 'several'; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: 'switch' }
  | { readonly kind: 'text'; readonly long: boolean }
  /** Chosen among what is stored: prompt sets, models, imported adapters. */
  | { readonly kind: 'stored'; readonly of: 'model' | 'prompts' | 'adapter' | 'onnx' | 'similarity' | 'webllm' }
  /** Judges and their weights. */
  | { readonly kind: 'panel' };

export interface Field {
  readonly label: string;
  readonly explanation: string;
  readonly group: Group;
  readonly control: Control;
  /** Shown only where the recipe makes it matter. */
  readonly when?: (recipe: Recipe) => boolean;
}

const whole = (min: number, max: number, unit?: string): Control => ({
  kind: 'number',
  min,
  max,
  step: 1,
  ...(unit && { unit }),
});
const real = (min: number, max: number, step: number | 'any' = 'any'): Control => ({ kind: 'number', min, max, step });
const named = <K extends string>(
  keys: readonly K[],
  names: Readonly<Record<K, string>>,
): Readonly<Record<string, string>> => Object.fromEntries(keys.map((key) => [key, names[key]]));

const custom = (recipe: Recipe) => recipe.format === 'custom';

const JUDGE_NAMES: Readonly<Record<JudgeKind, string>> = {
  rule: 'Rule: checks the answer',
  onnx: 'Reward model',
  similarity: 'Similarity to the reference answer',
  webllm: 'Language model in this tab (WebLLM)',
  remote: 'Language model at an address',
  self: 'The model itself, without its adapter',
  human: 'You, blind',
  panel: 'A panel of these',
};
/** Whether a judge of this kind has a say: in training, in the evaluation or on the panel. */
const asks =
  (...kinds: readonly JudgeKind[]) =>
  (recipe: Recipe): boolean =>
    judgesOf(recipe).some((kind) => kinds.includes(kind));
const storedReward = (recipe: Recipe) => asks('onnx')(recipe) && recipe.onnxModel !== '';
const compares = (recipe: Recipe) =>
  asks('self')(recipe) || (asks('webllm', 'remote')(recipe) && recipe.judgeMethod === 'comparison');

const warmedUp = ({ sftPrompts }: Recipe) => sftPrompts > 0;

export const FIELDS: { readonly [K in keyof Recipe]: Field } = {
  model: {
    label: 'Model',
    explanation:
      'The policy: the language model that learns to think. Its own weights stay as they are; an adapter learns.',
    group: 'What it learns from',
    control: { kind: 'stored', of: 'model' },
  },
  prompts: {
    label: 'Training prompts',
    explanation: 'Instructions it practises on. They are shuffled once; every iteration takes the next block.',
    group: 'What it learns from',
    control: { kind: 'stored', of: 'prompts' },
  },
  heldout: {
    label: 'Held-out prompts',
    explanation: 'Instructions it never trains on: the only ones that the evaluation uses.',
    group: 'What it learns from',
    control: { kind: 'stored', of: 'prompts' },
  },
  judge: {
    label: 'Judge',
    explanation: 'Scores the response only, never the thought. What it prefers is what the model learns.',
    group: 'Judge',
    control: { kind: 'choice', options: named(JUDGES, JUDGE_NAMES) },
  },
  onnxModel: {
    label: 'Reward model',
    explanation: 'A sequence-classification model in ONNX: its logit is the score. tiny-judge comes with the page.',
    group: 'Judge',
    control: { kind: 'stored', of: 'onnx' },
    when: asks('onnx'),
  },
  onnxTemplate: {
    label: 'How it reads',
    explanation:
      'A text with {instruction} and {response}; empty takes the model’s own chat template, or a pair of texts.',
    group: 'Judge',
    control: { kind: 'text', long: true },
    when: storedReward,
  },
  onnxLabel: {
    label: 'Label that is the score',
    explanation: 'Name or number, where the model has several; empty takes the last.',
    group: 'Judge',
    control: { kind: 'text', long: false },
    when: storedReward,
  },
  similarityModel: {
    label: 'Embedding model',
    explanation: 'A sentence-embedding model in ONNX: the score is the cosine of response and reference answer.',
    group: 'Judge',
    control: { kind: 'stored', of: 'similarity' },
    when: asks('similarity'),
  },
  webllmModel: {
    label: 'WebLLM model',
    explanation: 'A language model that WebLLM runs beside the policy, on the same GPU. Fetched when you say so.',
    group: 'Judge',
    control: { kind: 'stored', of: 'webllm' },
    when: asks('webllm'),
  },
  remoteUrl: {
    label: 'Address',
    explanation: 'Base address of an OpenAI-compatible server, such as http://localhost:8080/v1.',
    group: 'Judge',
    control: { kind: 'text', long: false },
    when: asks('remote'),
  },
  remoteModel: {
    label: 'Model at the address',
    explanation: 'The name under which that server knows it.',
    group: 'Judge',
    control: { kind: 'text', long: false },
    when: asks('remote'),
  },
  judgeMethod: {
    label: 'Asked for',
    explanation:
      'A rating is one call a response; a comparison is fairer and needs a call for each two, in both orders.',
    group: 'Judge',
    control: {
      kind: 'choice',
      options: named(JUDGE_METHODS, { rating: 'A rating from 1 to 9', comparison: 'The better one of two' }),
    },
    when: asks('webllm', 'remote'),
  },
  pairing: {
    label: 'Who meets whom',
    explanation: 'Every two candidates as in the paper, each against one, or a few rounds of those that stand alike.',
    group: 'Judge',
    control: {
      kind: 'choice',
      options: named(PAIRINGS, {
        all: 'Every two: K(K−1) calls',
        baseline: 'Each against the first: 2(K−1) calls',
        swiss: 'Swiss rounds: about K calls a round',
      }),
    },
    when: compares,
  },
  swissRounds: {
    label: 'Swiss rounds',
    explanation: 'Rounds in which candidates of like standing meet.',
    group: 'Judge',
    control: whole(1, 10),
    when: (recipe) => compares(recipe) && recipe.pairing === 'swiss',
  },
  ratingPrompt: {
    label: 'Words of the rating',
    explanation: 'What the judge is asked. Must contain {instruction} and {response}; empty takes the page’s words.',
    group: 'Judge',
    control: { kind: 'text', long: true },
    when: (recipe) => asks('webllm', 'remote')(recipe) && recipe.judgeMethod === 'rating',
  },
  comparisonPrompt: {
    label: 'Words of the comparison',
    explanation:
      'What the judge is asked. Must contain {instruction}, {first} and {second}; empty takes the page’s words.',
    group: 'Judge',
    control: { kind: 'text', long: true },
    when: compares,
  },
  judgeReplyTokens: {
    label: 'Longest reply',
    explanation: 'A judge that reasons before its verdict needs room for it.',
    group: 'Judge',
    control: whole(1, 4096, 'tokens'),
    when: asks('remote'),
  },
  judgeConcurrency: {
    label: 'Calls at once',
    explanation: 'More is faster until the server is full or refuses.',
    group: 'Judge',
    control: whole(1, 64),
    when: asks('remote'),
  },
  judgeCallLimit: {
    label: 'At most, calls',
    explanation: 'The run waits when it has made so many calls; to go on allows as many again. 0 is no limit.',
    group: 'Judge',
    control: whole(0, 10_000_000, 'calls'),
    when: asks('remote'),
  },
  judgeTokenLimit: {
    label: 'At most, tokens',
    explanation:
      'The run waits before its calls have taken more tokens, read and written; to go on allows as many again. 0 is no limit.',
    group: 'Judge',
    control: whole(0, 1_000_000_000, 'tokens'),
    when: asks('remote'),
  },
  panel: {
    label: 'Panel',
    explanation: 'Each member’s scores are made comparable (z per prompt) and added by weight.',
    group: 'Judge',
    control: { kind: 'panel' },
    when: ({ judge }) => judge === 'panel',
  },
  controls: {
    label: 'Control rows',
    explanation:
      'Prompts of each iteration and arm with which the judge is tested: empty, cut off, flattering itself, twice the same. Their failures are shown.',
    group: 'Judge',
    control: whole(0, 1000, 'prompts'),
  },
  evaluationJudge: {
    label: 'Judge of the evaluation',
    explanation:
      'Better another one than the training’s: a model that has learnt to please a judge is not yet better.',
    group: 'Evaluation',
    control: {
      kind: 'choice',
      options: named(EVALUATION_JUDGES, { ...JUDGE_NAMES, same: 'The same as in training' }),
    },
  },
  arms: {
    label: 'Arms',
    explanation:
      'Thinking writes a thought first. Direct is the paper’s baseline: the same training without thoughts.',
    group: 'What it learns from',
    control: { kind: 'several', options: named(ARMS, { thinking: 'Thinks first', direct: 'Answers at once' }) },
  },
  iterations: {
    label: 'Iterations',
    explanation: 'Rounds of think, judge, pair, train. Each begins with the model that the last one left.',
    group: 'What it learns from',
    control: whole(1, 100),
  },
  promptsPerIteration: {
    label: 'Prompts per iteration',
    explanation: 'Training prompts taken up in each iteration, by each arm.',
    group: 'What it learns from',
    control: whole(1, 100_000, 'prompts'),
  },
  seed: {
    label: 'Seed',
    explanation:
      'Decides the shuffle, every sampled token and the adapter’s first weights: the same seed gives the same run.',
    group: 'What it learns from',
    control: whole(0, 0xffffffff),
  },

  format: {
    label: 'Thought prompt',
    explanation: 'How the model is asked to think before it answers. Generic and specific are the paper’s texts.',
    group: 'Thinking',
    control: {
      kind: 'choice',
      options: named(FORMATS, {
        generic: 'Generic: write down a thought process',
        specific: 'Specific: draft, evaluate, then answer',
        think: '<think> … </think>, for models trained so',
        custom: 'Your own text and markers',
      }),
    },
  },
  thoughtPrompt: {
    label: 'Text of the thought prompt',
    explanation: 'Must contain {instruction}, where the user’s instruction goes.',
    group: 'Thinking',
    control: { kind: 'text', long: true },
    when: custom,
  },
  thoughtMarker: {
    label: 'Thought marker',
    explanation: 'Text with which the thought begins. Left out of the thought.',
    group: 'Thinking',
    control: { kind: 'text', long: false },
    when: custom,
  },
  responseMarker: {
    label: 'Response marker',
    explanation:
      'The response begins after its first occurrence, whatever its case, its mark-up or its colon; a completion without it is malformed.',
    group: 'Thinking',
    control: { kind: 'text', long: false },
    when: custom,
  },

  sftPrompts: {
    label: 'Warm-up prompts',
    explanation:
      'Before iteration 1 the model answers so many training prompts and learns to imitate its own well-formed completions (SFT). For a model that rarely keeps to the format. 0 is off.',
    group: 'Warm-up',
    control: whole(0, 100_000, 'prompts'),
    when: (recipe) => recipe.arms.includes('thinking') || warmedUp(recipe),
  },
  sftEpochs: {
    label: 'Warm-up epochs',
    explanation: 'Times that the well-formed completions are gone through.',
    group: 'Warm-up',
    control: whole(1, 100),
    when: warmedUp,
  },
  sftLearningRate: {
    label: 'Warm-up learning rate',
    explanation: 'Size of a step of the warm-up, at its peak. Imitation bears more than preference training.',
    group: 'Warm-up',
    control: real(0, 1),
    when: warmedUp,
  },

  k: {
    label: 'Candidates per prompt, K',
    explanation: 'Completions sampled for every prompt. The best and the worst of them make a pair.',
    group: 'Sampling',
    control: whole(2, 64),
  },
  temperature: {
    label: 'Temperature',
    explanation: 'Above 1 the candidates differ more, below 1 less. 0 takes the most probable token always.',
    group: 'Sampling',
    control: real(0, 5, 0.05),
  },
  topP: {
    label: 'Top-p',
    explanation: 'Draws from the smallest set of tokens whose probabilities add up to this.',
    group: 'Sampling',
    control: real(0.01, 1, 0.01),
  },
  topK: {
    label: 'Top-k',
    explanation: 'Draws from this many most probable tokens only. 0 is off.',
    group: 'Sampling',
    control: whole(0, 1_000_000, 'tokens'),
  },
  maxNewTokens: {
    label: 'Longest completion, thinking',
    explanation: 'Thought and response together. One that has not ended by then is malformed.',
    group: 'Sampling',
    control: whole(1, 32_768, 'tokens'),
  },
  maxNewTokensDirect: {
    label: 'Longest completion, direct',
    explanation: 'The response of the arm that answers at once.',
    group: 'Sampling',
    control: whole(1, 32_768, 'tokens'),
    when: (recipe) => recipe.arms.includes('direct'),
  },

  rho: {
    label: 'Length control, ρ',
    explanation:
      'Takes ρ × the response’s relative length off its score: above 0, longer responses need to be better.',
    group: 'Pairs',
    control: real(0, 0.5, 0.05),
  },
  malformedShare: {
    label: 'Malformed as rejected, at most',
    explanation: 'Share of an iteration’s prompts whose rejected completion may be a malformed one.',
    group: 'Pairs',
    control: real(0, 1, 0.05),
  },

  loss: {
    label: 'Loss',
    explanation: 'What the step minimises over the pairs. The paper trains with DPO.',
    group: 'Loss',
    control: {
      kind: 'choice',
      options: named(LOSSES, {
        sigmoid: 'DPO (sigmoid)',
        ipo: 'IPO',
        hinge: 'Hinge',
        robust: 'Robust DPO',
        sigmoid_norm: 'DPO over mean log-probability',
        apo_zero: 'APO zero',
      }),
    },
  },
  beta: {
    label: 'β',
    explanation: 'How strongly the policy is held near where the iteration began. Smaller lets it move further.',
    group: 'Loss',
    control: real(0, 100),
  },
  labelSmoothing: {
    label: 'Label smoothing',
    explanation: 'The share of pairs that you believe the judge has the wrong way round.',
    group: 'Loss',
    control: real(0, 0.49, 0.01),
  },
  sftWeight: {
    label: 'Weight of the chosen’s likelihood, α',
    explanation:
      'Also trains to write the chosen completion (IRPO). Keeps its log-probability from falling. 0 is off.',
    group: 'Loss',
    control: real(0, 100),
  },

  adapter: {
    label: 'Adapter to begin with',
    explanation:
      'An imported adapter that the thinking arm goes on from; the values below must be its own. The direct arm always begins with a fresh one.',
    group: 'Adapter',
    control: { kind: 'stored', of: 'adapter' },
  },
  rank: {
    label: 'Rank, r',
    explanation: 'Width of the adapter. More can learn more, and takes more memory.',
    group: 'Adapter',
    control: whole(1, 256),
  },
  alpha: {
    label: 'LoRA α',
    explanation: 'The adapter’s output is scaled by α/r.',
    group: 'Adapter',
    control: real(0.001, 4096),
  },
  rsLora: {
    label: 'Rank-stabilised',
    explanation: 'Scales by α/√r instead, so that a large rank learns as fast as a small one.',
    group: 'Adapter',
    control: { kind: 'switch' },
  },
  targetModules: {
    label: 'Adapted projections',
    explanation: 'The matrices of each layer that get an adapter.',
    group: 'Adapter',
    control: { kind: 'several', options: Object.fromEntries(TARGET_MODULES.map((name) => [name, name])) },
  },

  learningRate: {
    label: 'Learning rate',
    explanation: 'Size of a step. Ten times too much is the classic way to ruin a run: watch logps/chosen.',
    group: 'Optimiser',
    control: real(0, 1),
  },
  schedule: {
    label: 'Schedule',
    explanation: 'How the learning rate goes over an iteration.',
    group: 'Optimiser',
    control: { kind: 'choice', options: named(SCHEDULES, { cosine: 'Cosine to zero', constant: 'Constant' }) },
  },
  warmup: {
    label: 'Warm-up of the rate',
    explanation: 'Share of the iteration’s steps over which the rate rises from 0.',
    group: 'Optimiser',
    control: real(0, 1, 0.01),
  },
  epochs: {
    label: 'Epochs',
    explanation: 'Times that an iteration’s pairs are gone through.',
    group: 'Optimiser',
    control: whole(1, 100),
  },
  pairsPerStep: {
    label: 'Pairs per step',
    explanation: 'Pairs whose gradients are averaged into one step of the optimiser.',
    group: 'Optimiser',
    control: whole(1, 1024, 'pairs'),
  },
  adamBeta1: {
    label: 'Adam β₁',
    explanation: 'Memory of the gradient’s mean.',
    group: 'Optimiser',
    control: real(0, 0.9999),
  },
  adamBeta2: {
    label: 'Adam β₂',
    explanation: 'Memory of the gradient’s square.',
    group: 'Optimiser',
    control: real(0, 0.99999),
  },
  adamEpsilon: {
    label: 'Adam ε',
    explanation: 'Keeps the division by the gradient’s size from exploding.',
    group: 'Optimiser',
    control: real(0, 1),
  },
  weightDecay: {
    label: 'Weight decay',
    explanation: 'Pulls the adapter towards zero. 0 is off.',
    group: 'Optimiser',
    control: real(0, 10),
  },
  maxGradNorm: {
    label: 'Gradient clipping',
    explanation: 'A gradient longer than this is shortened to it. 0 is off.',
    group: 'Optimiser',
    control: real(0, 1e6),
  },

  evaluationPrompts: {
    label: 'Held-out prompts used',
    explanation: 'How many of them each evaluation answers. 0 takes all; fewer is faster and widens the intervals.',
    group: 'Evaluation',
    control: whole(0, 100_000, 'prompts'),
  },
  evaluationSamples: {
    label: 'Samples of each',
    explanation: 'Completions per held-out prompt, at the temperature above.',
    group: 'Evaluation',
    control: whole(1, 64),
  },
  earlyStop: {
    label: 'Stop early',
    explanation:
      'An arm whose held-out accuracy falls twice in a row is not trained further; where not every prompt has an answer, whose win rate against the seed model does.',
    group: 'Evaluation',
    control: { kind: 'switch' },
  },

  lanes: {
    label: 'Lanes',
    explanation: 'Candidates that are written at once. More is faster until the GPU is full, and takes more memory.',
    group: 'Machine',
    control: whole(1, 1024),
  },
  checkpointing: {
    label: 'Recompute activations',
    explanation: 'Less memory in training for about a third more time.',
    group: 'Machine',
    control: { kind: 'switch' },
  },
};

export function fieldNames(): readonly (keyof Recipe)[] {
  return Object.keys(FIELDS).filter(isFieldName);
}

export function isFieldName(name: string): name is keyof Recipe {
  return name in FIELDS;
}
