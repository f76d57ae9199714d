import { describe, expect, it } from 'vitest';
import { recipeFromQuery, recipeToQuery } from './encoding';
import { parseRecipe } from './faults';
import { changesWithModel, namesModel, type RecipeModel, recipeForModel } from './model-recipe';
import { PRESETS, type PresetName } from './presets';

const model = (parameters: number | null): RecipeModel => ({
  id: 'local/mine-0123456789ab',
  bundled: false,
  parameters,
});
const forSize = (parameters: number | null, demo: PresetName = 'standard') =>
  recipeForModel(PRESETS.quick, model(parameters), demo);

describe('a recipe for another model', () => {
  it('is valid, fits into a URL, and keeps prompts, judge and method', () => {
    const custom = { ...PRESETS.quick, prompts: 'mine', arms: ['thinking' as const], k: 4, beta: 0.2 };
    const recipe = recipeForModel(custom, model(135e6), 'quick');
    expect(parseRecipe(recipe)).toEqual(recipe);
    expect(recipeFromQuery(recipeToQuery(recipe))).toEqual(recipe);
    expect(recipe).toMatchObject({
      model: 'local/mine-0123456789ab',
      prompts: 'mine',
      judge: 'rule',
      arms: ['thinking'],
      k: 4,
      beta: 0.2,
    });
  });

  it('has a lower learning rate for a larger model', () => {
    const rates = [135e6, 360e6, 600e6, 1.2e9, 3e9].map((size) => forSize(size).learningRate);
    expect(rates).toEqual([2e-4, 1e-4, 5e-5, 2e-5, 1e-5]);
    expect(forSize(null).learningRate).toBe(1e-5);
  });

  it('recomputes activations for a large model, and leaves the lanes to the run', () => {
    for (const size of [135e6, 1.2e9, null]) expect(forSize(size).lanes).toBe('auto');
    expect([135e6, 300e6, 360e6, null].map((size) => forSize(size).checkpointing)).toEqual([false, false, true, true]);
  });

  it('has shorter completions and smaller evaluations on a slow device', () => {
    expect(forSize(135e6, 'quick')).toMatchObject({
      maxNewTokens: 128,
      maxNewTokensDirect: 96,
      evaluationPrompts: 8,
    });
    expect(forSize(135e6)).toMatchObject({ maxNewTokens: 512, maxNewTokensDirect: 256, evaluationPrompts: 100 });
  });

  it('returns to the numbers of the demo with the bundled model', () => {
    const back = recipeForModel(
      { ...forSize(360e6), prompts: 'mine', seed: 7 },
      { id: 'tiny-thinker', bundled: true, parameters: 1e6 },
      'quick',
    );
    expect(back).toEqual({ ...PRESETS.quick, prompts: 'mine', seed: 7 });
  });
});

describe('the models of a recipe', () => {
  it('are its policy and the stored judges that it names, also of kinds that it does not ask', () => {
    const recipe = { ...PRESETS.quick, model: 'a', judge: 'rule' as const, onnxModel: 'b', similarityModel: 'c' };
    expect(['a', 'b', 'c', 'd', ''].map((id) => namesModel(recipe, id))).toEqual([true, true, true, false, false]);
  });
});

describe('the changes with a model', () => {
  it('are one sentence', () => {
    expect(changesWithModel(PRESETS.quick, forSize(360e6))).toBe(
      'Changed with it: completions of up to 512 tokens (256 without a thought); learning rate 1e-4; lanes auto; ' +
        '4 pairs per step; activations recomputed; 100 held-out prompts, 1 sample each.',
    );
    expect(changesWithModel(forSize(360e6), PRESETS.quick)).toContain('all held-out prompts, 2 samples each');
  });

  it('are an empty sentence between models of similar size', () => {
    expect(changesWithModel(forSize(360e6), { ...forSize(400e6), model: 'another' })).toBe('');
  });
});
