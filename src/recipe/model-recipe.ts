/** What a recipe becomes when another model is chosen for it: what was right for one size of model is wrong for another. */
import { PRESETS, type PresetName } from './presets';
import type { Recipe } from './recipe';

export interface RecipeModel {
  readonly id: string;
  readonly bundled: boolean;
  /** null where it is not known: then it is taken for a large one. */
  readonly parameters: number | null;
}

/** Peak rates that DPO on a LoRA bears, by parameters up to which: the larger the model, the smaller. */
const LEARNING_RATES: readonly (readonly [number, number])[] = [
  [200e6, 2e-4],
  [500e6, 1e-4],
  [1e9, 5e-5],
  [2e9, 2e-5],
  [Number.POSITIVE_INFINITY, 1e-5],
];

/** Above this many parameters the activations of a step are worth more than the time to compute them again. */
const CHECKPOINTED = 300e6;
/** Up to here sixteen completions fit beside the weights, beyond eight. */
const MANY_LANES = 1e9;

/**
 * The bundled model gets the demo's numbers back. Any other writes whole answers, so it gets room for them, fewer lanes and
 * pairs at once, and an evaluation that takes less than the training; less of all where the device is slow. Prompts, judge, arms, K,
 * loss and adapter stay.
 * @param demo what the device begins with
 */
export function recipeForModel(recipe: Recipe, { id, bundled, parameters }: RecipeModel, demo: PresetName): Recipe {
  if (bundled) {
    const { prompts, heldout, judge, arms, seed } = recipe;
    return { ...PRESETS[demo], model: id, prompts, heldout, judge, arms, seed };
  }
  const size = parameters ?? Number.POSITIVE_INFINITY;
  const slow = demo === 'quick';
  return {
    ...recipe,
    model: id,
    maxNewTokens: slow ? 128 : 512,
    maxNewTokensDirect: slow ? 96 : 256,
    learningRate: LEARNING_RATES.find(([most]) => size <= most)?.[1] ?? 1e-5,
    lanes: size <= MANY_LANES ? 16 : 8,
    pairsPerStep: 4,
    checkpointing: size > CHECKPOINTED,
    evaluationPrompts: slow ? 8 : 100,
    evaluationSamples: 1,
  };
}

/** What of a recipe follows the model, in words. */
const WORDS: readonly { readonly fields: readonly (keyof Recipe)[]; readonly words: (recipe: Recipe) => string }[] = [
  {
    fields: ['maxNewTokens', 'maxNewTokensDirect'],
    words: (r) => `completions of up to ${r.maxNewTokens} tokens (${r.maxNewTokensDirect} without a thought)`,
  },
  { fields: ['learningRate'], words: (r) => `learning rate ${r.learningRate.toExponential().replace('e+', 'e')}` },
  { fields: ['lanes'], words: (r) => `${r.lanes} lanes` },
  { fields: ['pairsPerStep'], words: (r) => `${r.pairsPerStep} pairs a step` },
  { fields: ['checkpointing'], words: (r) => (r.checkpointing ? 'activations recomputed' : 'activations kept') },
  {
    fields: ['evaluationPrompts', 'evaluationSamples'],
    words: (r) =>
      `${r.evaluationPrompts === 0 ? 'all' : r.evaluationPrompts} held-out prompts, ${r.evaluationSamples} × each`,
  },
];

/** Of the values that follow the model, those that changed: one sentence, or '' where none did. */
export function changesWithModel(before: Recipe, after: Recipe): string {
  const changed = WORDS.filter(({ fields }) => fields.some((field) => before[field] !== after[field]));
  if (changed.length === 0) return '';
  return `Changed with it: ${changed.map(({ words }) => words(after)).join('; ')}.`;
}
