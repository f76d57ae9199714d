/**
 * Recipes to start from. `standard` is every field's default; a preset states only what differs. `quick` and
 * `standard` are the bundled model's own: PyTorch's results with them are in its README. The other presets change the
 * numbers of the method.
 */
import { JUDGE_DETAIL_NAMES } from './fields/judge';
import { DEFAULTS, type Recipe } from './recipe';

export const PRESET_NAMES = ['quick', 'standard', 'paper', 'careful', 'fast'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/**
 * Half the prompts at a higher rate, for a software or slow adapter. To time numbers of lanes takes seconds there, and
 * the bundled model has been measured.
 */
const quick: Partial<Recipe> = { promptsPerIteration: 32, learningRate: 1.5e-3, lanes: 64 };

/**
 * arXiv 2410.10630, section 3: the specific thought prompt, 5,000 prompts, 8 candidates at temperature 0.8 and top-p
 * 0.95, 10 epochs of DPO with beta 0.1, 4 iterations. The paper trains all weights; the learning rate here is one for
 * an adapter.
 */
const paper: Partial<Recipe> = {
  format: 'specific',
  maxNewTokens: 96,
  iterations: 4,
  promptsPerIteration: 5000,
  epochs: 10,
  learningRate: 5e-5,
  earlyStop: true,
};

/**
 * Keeps the model close to where it started: small steps, one epoch, a strong pull to the reference, no longer
 * responses.
 */
const careful: Partial<Recipe> = {
  promptsPerIteration: 128,
  epochs: 1,
  learningRate: 2e-4,
  beta: 0.2,
  rho: 0.1,
  sftWeight: 0.2,
  earlyStop: true,
};

/** Shows whether a run works at all: one iteration on few prompts, evaluated on some of the held-out ones. */
const fast: Partial<Recipe> = {
  iterations: 1,
  promptsPerIteration: 16,
  k: 4,
  learningRate: 1.5e-3,
  evaluationPrompts: 60,
  evaluationSamples: 1,
};

export const PRESETS: Readonly<Record<PresetName, Recipe>> = {
  quick: { ...DEFAULTS, ...quick },
  standard: DEFAULTS,
  paper: { ...DEFAULTS, ...paper },
  careful: { ...DEFAULTS, ...careful },
  fast: { ...DEFAULTS, ...fast },
};

/** The preset of a first visit. @param kind of the GPU adapter, as in DeviceInfo */
export function demoPreset(kind: 'software' | 'slow' | 'fast'): PresetName {
  return kind === 'fast' ? 'standard' : 'quick';
}

/** Fields that a preset does not decide: the model, the data, and the judges. */
const KEPT = [
  'model',
  'prompts',
  'heldout',
  'arms',
  'seed',
  'judge',
  'evaluationJudge',
  ...JUDGE_DETAIL_NAMES,
] as const satisfies readonly (keyof Recipe)[];

/** The preset's numbers on the recipe's model, prompts, judge, arms and seed. */
export function withPreset(recipe: Recipe, name: PresetName): Recipe {
  const kept = Object.fromEntries(KEPT.map((field) => [field, recipe[field]]));
  return { ...PRESETS[name], ...kept };
}

const FEWEST_WARM_UP_PROMPTS = 16;
const MOST_WARM_UP_PROMPTS = 64;

/**
 * Warm-up prompts to suggest: as many as an iteration has, within bounds that suffice to find samples and to learn a
 * format.
 */
export function warmUpPrompts({ promptsPerIteration }: Pick<Recipe, 'promptsPerIteration'>): number {
  return Math.min(MOST_WARM_UP_PROMPTS, Math.max(FEWEST_WARM_UP_PROMPTS, promptsPerIteration));
}
