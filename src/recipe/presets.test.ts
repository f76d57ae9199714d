import { describe, expect, it } from 'vitest';
import { sha256 } from '../lib/sha256';
import { canonicalJson, recipeHash } from './encoding';
import { parseRecipe } from './faults';
import { demoPreset, PRESET_NAMES, PRESETS, withPreset } from './presets';
import { RecipeSchema } from './recipe';

describe('presets', () => {
  it.each(PRESET_NAMES)('%s is a valid recipe', (name) => {
    expect(parseRecipe(PRESETS[name])).toEqual(PRESETS[name]);
  });

  it('choose the quick recipe unless the adapter is fast', () => {
    expect([demoPreset('software'), demoPreset('slow'), demoPreset('fast')]).toEqual(['quick', 'quick', 'standard']);
  });

  it('keep the model, prompts and seed of the recipe they are applied to', () => {
    const custom = { ...PRESETS.quick, model: 'mine', prompts: 'p', heldout: 'h', seed: 9 };
    expect(withPreset(custom, 'paper')).toEqual({
      ...PRESETS.paper,
      model: 'mine',
      prompts: 'p',
      heldout: 'h',
      seed: 9,
    });
  });
});

describe('a recipe as a whole', () => {
  const custom = { format: 'custom', thoughtPrompt: 'Think. {instruction}', responseMarker: '>>' };
  it.each<[Record<string, unknown>, string]>([
    [{ ...custom, thoughtPrompt: 'Think.' }, '{instruction}'],
    [{ ...custom, responseMarker: ' ' }, 'response marker'],
    [{ sftPrompts: 8, arms: ['direct'] }, 'warmed up'],
    [{ temperature: 0 }, 'temperature 0'],
    [{ loss: 'robust' }, 'label smoothing'],
    [{ k: 1 }, 'k: '],
    [{ k: '8' }, 'k: '],
    [{ k: undefined }, 'lacks k'],
    [{ kk: 1 }, 'no kk'],
    [{ arms: ['direct', 'direct'] }, 'arms: '],
    [{ learningRate: Number.NaN }, 'learningRate: '],
  ])('is refused: %j', (change, message) => {
    expect(() => parseRecipe({ ...PRESETS.quick, ...change })).toThrow(
      expect.objectContaining({ code: 'bad-recipe', message: expect.stringContaining(message) }),
    );
  });

  it('may have a custom format, which may be unfinished while only the direct arm runs', () => {
    expect(() => parseRecipe({ ...PRESETS.quick, ...custom })).not.toThrow();
    expect(() => parseRecipe({ ...PRESETS.quick, format: 'custom', arms: ['direct'] })).not.toThrow();
  });

  it.each([null, [], 'x', 3])('is an object, not %j', (value) => {
    expect(() => parseRecipe(value)).toThrow(expect.objectContaining({ code: 'bad-recipe' }));
  });
});

describe('recipe hash', () => {
  it('depends on every value, and not on the order of keys', async () => {
    const reversed = parseRecipe(Object.fromEntries(Object.entries(PRESETS.quick).reverse()));
    expect(await recipeHash(reversed)).toBe(await recipeHash(PRESETS.quick));
    expect(await recipeHash({ ...PRESETS.quick, seed: 2 })).not.toBe(await recipeHash(PRESETS.quick));
    expect(await recipeHash({ ...PRESETS.quick, adapter: 'mine' })).not.toBe(await recipeHash(PRESETS.quick));
    expect(await recipeHash(PRESETS.quick)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is that of older recipes, which have a number of lanes', async () => {
    expect(await recipeHash(PRESETS.quick)).toBe('c52e6257c0a35c2f1ab4f84baa4b315c0db42c48e74221d5d02c64adc02a8344');
    expect(await recipeHash({ ...PRESETS.quick, lanes: 'auto' })).not.toBe(await recipeHash(PRESETS.quick));
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  });

  it('equals that of older recipes without the fields added later, while these have their defaults', async () => {
    const later = new Set(
      Object.entries(RecipeSchema.entries).flatMap(([name, { type }]) => (type === 'optional' ? [name] : [])),
    );
    const before = Object.fromEntries(Object.entries(PRESETS.quick).filter(([name]) => !later.has(name)));
    expect(Object.keys(before)).toHaveLength(42);
    expect(await recipeHash(PRESETS.quick)).toBe(await sha256(new TextEncoder().encode(canonicalJson(before))));
    expect(parseRecipe(before)).toEqual(PRESETS.quick);
    expect(await recipeHash({ ...PRESETS.quick, kvCache: 'f16' })).not.toBe(await recipeHash(PRESETS.quick));
    // Without a warm-up its other fields have no effect.
    expect(await recipeHash({ ...PRESETS.quick, sftEpochs: 9 })).toBe(await recipeHash(PRESETS.quick));
    const warm = { ...PRESETS.quick, sftPrompts: 16 };
    expect(await recipeHash(warm)).not.toBe(await recipeHash(PRESETS.quick));
    expect(await recipeHash({ ...warm, sftLearningRate: 1e-3 })).not.toBe(await recipeHash(warm));
    expect(await recipeHash({ ...warm, sftEpochs: 9 })).not.toBe(await recipeHash(warm));
  });
});
