/** What the page says of each field of the recipe: its group, its name in the paper's words, one line that explains it. */
import { ARMS, FORMATS, JUDGES, LOSSES, type Recipe, SCHEDULES, TARGET_MODULES } from './recipe';

export const GROUPS = [
  'What it learns from',
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
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number | 'any'; readonly unit?: string }
  | { readonly kind: 'choice'; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: 'several'; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: 'switch' }
  | { readonly kind: 'text'; readonly long: boolean }
  /** Chosen among what is stored: prompt sets, models, imported adapters. */
  | { readonly kind: 'stored'; readonly of: 'model' | 'prompts' | 'adapter' };

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
const named = <K extends string>(keys: readonly K[], names: Readonly<Record<K, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(keys.map((key) => [key, names[key]]));

const custom = (recipe: Recipe) => recipe.format === 'custom';
const warmedUp = ({ sftPrompts }: Recipe) => sftPrompts > 0;

export const FIELDS: { readonly [K in keyof Recipe]: Field } = {
  model: {
    label: 'Model',
    explanation: 'The policy: the language model that learns to think. Its own weights stay as they are; an adapter learns.',
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
    explanation:
      'Scores the response only, never the thought: by the prompt’s own check, or by a small model that was trained to.',
    group: 'What it learns from',
    control: {
      kind: 'choice',
      options: named(JUDGES, { rule: 'Rule: checks the answer', onnx: 'tiny-judge: a reward model' }),
    },
  },
  arms: {
    label: 'Arms',
    explanation: 'Thinking writes a thought first. Direct is the paper’s baseline: the same training without thoughts.',
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
    explanation: 'Decides the shuffle, every sampled token and the adapter’s first weights: the same seed gives the same run.',
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
    explanation: 'Takes ρ × the response’s relative length off its score: above 0, longer responses need to be better.',
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
    explanation: 'Also trains to write the chosen completion (IRPO). Keeps its log-probability from falling. 0 is off.',
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
