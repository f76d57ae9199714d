/**
 * Recipes to begin with. `quick` and `standard` are the bundled model's own, with which PyTorch got the results that its README
 * shows; the others change the method's numbers and keep model, prompts, judge and lengths.
 */
import { JUDGE_FIELDS } from './judge-fields';
import type { Recipe } from './recipe';

export const PRESET_NAMES = ['quick', 'standard', 'paper', 'careful', 'fast'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** The bundled model and prompts; 64 prompts an iteration, three iterations of both arms. */
const standard: Recipe = {
  model: 'tiny-thinker',
  prompts: 'tiny-train',
  heldout: 'tiny-heldout',
  judge: 'rule',
  arms: ['thinking', 'direct'],
  seed: 1,

  evaluationJudge: 'same',
  onnxModel: '',
  onnxTemplate: '',
  onnxLabel: '',
  similarityModel: '',
  webllmModel: '',
  remoteUrl: '',
  remoteModel: '',
  judgeMethod: 'comparison',
  pairing: 'all',
  swissRounds: 3,
  ratingPrompt: '',
  comparisonPrompt: '',
  judgeReplyTokens: 256,
  judgeConcurrency: 4,
  judgeCallLimit: 0,
  judgeTokenLimit: 0,
  panel: '',
  controls: 4,

  iterations: 3,
  promptsPerIteration: 64,
  k: 8,

  format: 'generic',
  thoughtPrompt: '',
  thoughtMarker: '',
  responseMarker: '',

  temperature: 0.8,
  topP: 0.95,
  topK: 0,
  maxNewTokens: 80,
  maxNewTokensDirect: 24,

  rho: 0,
  malformedShare: 0.25,

  loss: 'sigmoid',
  beta: 0.1,
  labelSmoothing: 0,
  sftWeight: 0,

  adapter: '',
  rank: 16,
  alpha: 32,
  rsLora: false,
  targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],

  sftPrompts: 0,
  sftEpochs: 2,
  sftLearningRate: 2e-4,

  learningRate: 1e-3,
  schedule: 'cosine',
  warmup: 0.05,
  adamBeta1: 0.9,
  adamBeta2: 0.95,
  adamEpsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
  epochs: 2,
  pairsPerStep: 8,

  evaluationPrompts: 0,
  evaluationSamples: 2,
  earlyStop: false,

  lanes: 64,
  checkpointing: false,
};

export const PRESETS: Readonly<Record<PresetName, Recipe>> = {
  standard,

  /** Half the prompts at a hotter rate: for a software or slow adapter. */
  quick: { ...standard, promptsPerIteration: 32, learningRate: 1.5e-3 },

  /**
   * arXiv 2410.10630, section 3: the specific thought prompt, 5,000 prompts, 8 candidates at temperature 0.8 and top-p 0.95, 10 epochs of
   * DPO with beta 0.1, 4 iterations. The paper trains all weights; the learning rate is one for its adapter instead.
   */
  paper: {
    ...standard,
    format: 'specific',
    maxNewTokens: 96,
    iterations: 4,
    promptsPerIteration: 5000,
    epochs: 10,
    learningRate: 5e-5,
    earlyStop: true,
  },

  /** For a model that one does not want to hurt: small steps, one pass, a firm hold on the reference, no growing responses. */
  careful: {
    ...standard,
    promptsPerIteration: 128,
    epochs: 1,
    learningRate: 2e-4,
    beta: 0.2,
    rho: 0.1,
    sftWeight: 0.2,
    earlyStop: true,
  },

  /** To see whether anything moves at all: one iteration on few prompts, evaluated on a part of the held-out ones. */
  fast: {
    ...standard,
    iterations: 1,
    promptsPerIteration: 16,
    k: 4,
    learningRate: 1.5e-3,
    evaluationPrompts: 60,
    evaluationSamples: 1,
  },
};

/** What a first visit starts with. @param kind of the adapter, as DeviceInfo has it */
export function demoPreset(kind: 'software' | 'slow' | 'fast'): PresetName {
  return kind === 'fast' ? 'standard' : 'quick';
}

/** What a preset says nothing of: whom to teach, with what, and who judges. */
const KEPT = [
  'model',
  'prompts',
  'heldout',
  'arms',
  'seed',
  'judge',
  'evaluationJudge',
  ...JUDGE_FIELDS,
] as const satisfies readonly (keyof Recipe)[];

/** The preset's numbers on the recipe's model, prompts, judge, arms and seed. */
export function withPreset(recipe: Recipe, name: PresetName): Recipe {
  const kept = Object.fromEntries(KEPT.map((field) => [field, recipe[field]]));
  return { ...PRESETS[name], ...kept };
}
