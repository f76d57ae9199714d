import { describe, expect, it } from 'vitest';
import { Random } from '../lib/random';
import { recipeFromQuery, recipeToQuery, withValues } from './encoding';
import { parseRecipe } from './faults';
import { PRESET_NAMES, PRESETS } from './presets';
import { type Recipe, TARGET_MODULES } from './recipe';

describe('a recipe in the URL', () => {
  it('is the preset and what differs from it', () => {
    expect(recipeToQuery(PRESETS.quick)).toBe('preset=quick');
    expect(recipeToQuery({ ...PRESETS.quick, k: 4, arms: ['direct'] })).toBe('preset=quick&arms=direct&k=4');
    for (const name of PRESET_NAMES) expect(recipeFromQuery(recipeToQuery(PRESETS[name]))).toEqual(PRESETS[name]);
  });

  it('is read back unchanged, with any values', () => {
    const random = new Random(3);
    for (let i = 0; i < 200; i++) {
      const recipe: Recipe = {
        ...PRESETS.careful,
        seed: random.uint32(),
        learningRate: random.float() * 10 ** -random.below(8),
        format: 'custom',
        thoughtPrompt: `a&b=c#%${String.fromCodePoint(0x1f600 + random.below(50))}\n {instruction} +`,
        responseMarker: '<R>',
        targetModules: TARGET_MODULES.filter((_, m) => m === 0 || random.below(2) === 1),
        rsLora: random.below(2) === 1,
      };
      expect(recipeFromQuery(recipeToQuery(recipe))).toEqual(recipe);
    }
  });

  it('does not contain a faulty address, which may contain a key', () => {
    for (const remoteUrl of [
      'https://me:secret@host/v1',
      'https://host/v1?api_key=secret',
      'https://host/v1#secret',
      'secret key',
    ]) {
      const recipe: Recipe = { ...PRESETS.quick, judge: 'remote', remoteUrl, remoteModel: 'judge' };
      expect(recipeToQuery(recipe)).not.toContain('secret');
      expect(() => parseRecipe(recipe)).toThrow(/^The judge’s address (?!.*secret)/);
      expect(parseRecipe({ ...recipe, judge: 'rule' }).remoteUrl).toBe('');
    }
    const fine: Recipe = { ...PRESETS.quick, judge: 'remote', remoteUrl: 'localhost:8080', remoteModel: 'judge' };
    expect(recipeFromQuery(recipeToQuery(fine))).toEqual(fine);
    expect(parseRecipe({ ...fine, judge: 'rule' }).remoteUrl).toBe('localhost:8080');
  });

  it('is read back while it is incomplete', () => {
    const half: Recipe = { ...PRESETS.quick, judge: 'remote' };
    expect(recipeFromQuery(recipeToQuery(half))).toEqual(half);
    expect(() => withValues(PRESETS.quick, [['judge', 'remote']])).toThrow('has no address');
  });

  it('starts from the preset of the device where it names none', () => {
    expect(recipeFromQuery('', 'quick')).toEqual(PRESETS.quick);
    expect(recipeFromQuery('k=4', 'quick')).toEqual({ ...PRESETS.quick, k: 4 });
  });

  it.each([
    ['preset=nope', 'no preset "nope"'],
    ['apiKey=x', 'no "apiKey"'],
    ['__proto__=x', 'no "__proto__"'],
    ['k=four', 'k: '],
    ['k=0x8', 'k: '],
    ['k=', 'k: '],
    ['k=1e9', 'k: '],
    ['k=2.5', 'k: '],
    ['lanes=automatic', 'lanes: expected auto or a whole number from 1 to 1024'],
    ['lanes=0', 'lanes: expected auto or a whole number from 1 to 1024'],
    ['lanes=1.5', 'lanes: '],
    ['k=4&k=5', '"k" twice'],
    ['rsLora=1', 'rsLora: '],
    ['arms=', 'arms: '],
    ['arms=thinking,both', 'arms'],
    ['loss=dpo', 'loss: '],
    ['temperature=Infinity', 'temperature: '],
  ])('is refused: %s', (query, message) => {
    expect(() => recipeFromQuery(query)).toThrow(
      expect.objectContaining({ code: 'bad-recipe', message: expect.stringContaining(message) }),
    );
  });

  it('has a number of lanes, or leaves it to the run', () => {
    expect(PRESETS.standard.lanes).toBe('auto');
    const fixed = withValues(PRESETS.standard, [['lanes', '8']]);
    expect(fixed.lanes).toBe(8);
    expect(recipeToQuery(fixed)).toBe('preset=standard&lanes=8');
    expect(withValues(fixed, [['lanes', 'auto']])).toEqual(PRESETS.standard);
  });

  it('reads the values of the command line', () => {
    expect(
      withValues(PRESETS.quick, [
        ['learningRate', '2e-4'],
        ['checkpointing', 'true'],
        ['targetModules', 'q_proj,v_proj'],
      ]),
    ).toEqual({
      ...PRESETS.quick,
      learningRate: 2e-4,
      checkpointing: true,
      targetModules: ['q_proj', 'v_proj'],
    });
  });
});
