/**
 * The models of a recipe. Adapts a recipe to another model: learning rate, lengths and batch sizes depend on the size
 * of the model.
 */
import { AUTO } from './declare';
import { STORED_JUDGE_FIELDS } from './judges/kinds';
import { PRESETS, type PresetName } from './presets';
import type { Recipe } from './recipe';

export interface RecipeModel {
  readonly id: string;
  readonly bundled: boolean;
  /** null where the number is not known: the model is then treated as a large one. */
  readonly parameters: number | null;
}

/**
 * Whether the recipe names a stored model: as the policy, or in a field of any judge, even one that the recipe
 * does not ask.
 */
export const namesModel = (recipe: Recipe, id: string): boolean =>
  recipe.model === id || STORED_JUDGE_FIELDS.some((field) => recipe[field] === id);

/** Peak learning rates for DPO with LoRA, each with the largest number of parameters it suits. */
const LEARNING_RATES: readonly (readonly [number, number])[] = [
  [200e6, 2e-4],
  [500e6, 1e-4],
  [1e9, 5e-5],
  [2e9, 2e-5],
  [Number.POSITIVE_INFINITY, 1e-5],
];

/** Above this many parameters a step recomputes its activations to save memory. */
const RECOMPUTED = 300e6;

/**
 * The bundled model gets the numbers of the demo. Other models write longer answers: they get longer completions,
 * fewer pairs per step, an evaluation that takes less time than the training, and as many lanes as are fastest. On a
 * slow device everything is smaller. Prompts, judge, arms, K, loss and adapter are kept.
 * @param demo the preset that the device starts with
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
    lanes: AUTO,
    pairsPerStep: 4,
    checkpointing: size > RECOMPUTED,
    evaluationPrompts: slow ? 8 : 100,
    evaluationSamples: 1,
  };
}

/** The fields that depend on the model, in words. */
const PHRASES: readonly { readonly fields: readonly (keyof Recipe)[]; readonly words: (recipe: Recipe) => string }[] =
  [
    {
      fields: ['maxNewTokens', 'maxNewTokensDirect'],
      words: (r) => `completions of up to ${r.maxNewTokens} tokens (${r.maxNewTokensDirect} without a thought)`,
    },
    { fields: ['learningRate'], words: (r) => `learning rate ${r.learningRate.toExponential().replace('e+', 'e')}` },
    { fields: ['lanes'], words: (r) => `lanes ${r.lanes}` },
    { fields: ['pairsPerStep'], words: (r) => `${r.pairsPerStep} pairs per step` },
    { fields: ['checkpointing'], words: (r) => (r.checkpointing ? 'activations recomputed' : 'activations kept') },
    {
      fields: ['evaluationPrompts', 'evaluationSamples'],
      words: (r) =>
        `${r.evaluationPrompts === 0 ? 'all' : r.evaluationPrompts} held-out prompts, ` +
        `${r.evaluationSamples} ${r.evaluationSamples === 1 ? 'sample' : 'samples'} each`,
    },
  ];

/** A sentence with the fields that changed with the model, or '' where none did. */
export function changesWithModel(before: Recipe, after: Recipe): string {
  const changed = PHRASES.filter(({ fields }) => fields.some((field) => before[field] !== after[field]));
  if (changed.length === 0) return '';
  return `Changed with it: ${changed.map(({ words }) => words(after)).join('; ')}.`;
}
