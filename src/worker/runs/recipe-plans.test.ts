import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LabError } from '../../lib/errors';
import type { LanguageModel } from '../../model/language-model';
import { PRESETS } from '../../recipe/presets';
import type { Prompt } from '../../records/prompts';
import type { StoredStepTimes } from '../../storage/key-value/tuning';
import { SMALL_MODEL } from '../../training/testing/small-model';
import { refusal } from './estimate';
import { RecipePlans } from './recipe-plans';

// The prompts are longer than the small model's context.
const config = { ...SMALL_MODEL.config, context: 1024 };
// Planning reads nothing else of a model.
const newModel = () => ({ ...SMALL_MODEL, config }) as unknown as LanguageModel;
const recipe = { ...PRESETS.quick, lanes: 64, prompts: 'mine', heldout: 'mine-too', promptsPerIteration: 4 };

const device = {
  name: 'GPU',
  kind: 'fast',
  speed: { bandwidth: 1e11, flops: 1e12, groupFlops: 1e11, halfFlops: null, dispatch: 2e-6, submit: 0 },
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
} as const;

let model = newModel();
let times: StoredStepTimes;
let sets: Map<string, readonly Prompt[]>;
let encoded: string[];

function plans(): RecipePlans {
  return new RecipePlans({
    models: {
      get: async () => model,
      encoder: () => ({
        contextLength: config.context,
        async encodePrompt(message) {
          encoded.push(message);
          return Array.from(message, (character) => character.charCodeAt(0));
        },
      }),
    },
    async prompts(set) {
      const found = sets.get(set);
      if (found === undefined)
        throw new LabError('not-found', `The prompt set "${set}" is not stored.`, 'Choose one.');
      return found;
    },
    device: async () => device,
    stepTimes: async () => times,
  });
}

const set = (name: string) =>
  Array.from({ length: 9 }, (_, i) => ({ id: `${name}${i}`, instruction: `${name} ${i}?` }));

beforeEach(() => {
  model = newModel();
  times = {};
  sets = new Map(['mine', 'mine-too', 'other'].map((name) => [name, set(name)]));
  encoded = [];
});

describe('a recipe', () => {
  it('is planned once and its prompts are encoded once, for an estimate, a check and a policy', async () => {
    const planner = plans();
    const [estimate, check] = await Promise.all([planner.plan(recipe), planner.plan({ ...recipe })]);
    const policy = await planner.plan(recipe);
    expect(check).toBe(estimate);
    expect(policy).toBe(estimate);
    expect(estimate.longest).toEqual({ prompt: Math.max(...encoded.map(({ length }) => length)), verdict: null });
    expect(encoded.length).toBeGreaterThan(0);
    expect(new Set(encoded).size).toBe(encoded.length);
  });

  it('is planned again if any of its values differs', async () => {
    const planner = plans();
    const { plan } = await planner.plan(recipe);
    const wider = await planner.plan({ ...recipe, lanes: recipe.lanes * 2 });
    expect(wider.plan.bytes).toBeGreaterThan(plan.bytes);
    encoded = [];
    await planner.plan({ ...recipe, prompts: 'other' });
    expect(encoded.some((message) => message.includes('other'))).toBe(true);
  });

  it('that leaves the lanes to the run is planned again after decode steps have been timed', async () => {
    vi.stubGlobal('navigator', {});
    const planner = plans();
    const auto = { ...recipe, lanes: 'auto' as const };
    const { plan } = await planner.plan(auto);
    expect(await planner.plan(auto)).toMatchObject({ plan });
    const { maxPrompt, maxNewTokens, lanes } = plan.spec.generation;
    expect(lanes).toBe(32);
    const length = 2 ** Math.ceil(Math.log2(maxPrompt + maxNewTokens));
    times = { [`${recipe.model} ≤${length}`]: { 32: 0.4, 16: 0.1, 8: 0.1 } };
    const timed = await planner.plan(auto);
    expect(timed.plan.spec.generation.lanes).toBe(16);
    expect(timed.plan.bytes).toBeLessThan(plan.bytes);
    vi.unstubAllGlobals();
  });

  it('is planned again after its model’s files have changed', async () => {
    const planner = plans();
    const before = await planner.plan(recipe);
    model = newModel();
    const after = await planner.plan(recipe);
    expect(after).not.toBe(before);
    expect(await planner.plan(recipe)).toBe(after);
  });

  it.each(['prompts', 'heldout'] as const)('is refused after its prompt set was deleted: %s', async (field) => {
    const planner = plans();
    await planner.plan(recipe);
    sets.delete(recipe[field]);
    const error = await planner.plan(recipe).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'not-found' });
    expect(refusal(error)).toMatchObject({ field, refused: expect.stringContaining(`"${recipe[field]}"`) });
  });

  it('passes on an error that is not about its prompt sets', async () => {
    const storage = new LabError('no-storage', 'The browser could not read its storage.');
    const planner = new RecipePlans({
      models: { get: async () => model, encoder: () => ({ contextLength: 1, encodePrompt: async () => [] }) },
      prompts: () => Promise.reject(storage),
      device: async () => device,
      stepTimes: async () => times,
    });
    await expect(planner.plan(recipe)).rejects.toBe(storage);
  });

  it('that could not be planned is tried again', async () => {
    const planner = plans();
    sets.set('mine', []);
    await expect(planner.plan(recipe)).rejects.toMatchObject({ code: 'bad-prompts' });
    sets.set('mine', set('mine'));
    expect((await planner.plan(recipe)).plan.bytes).toBeGreaterThan(0);
  });
});

it('keeps the last two plans', async () => {
  const planner = plans();
  const [first, second, third] = [1, 2, 3].map((seed) => ({ ...recipe, seed }));
  if (!first || !second || !third) throw new Error('three recipes');
  const planned = await planner.plan(first);
  await planner.plan(second);
  expect(await planner.plan(first)).toBe(planned);
  await planner.plan(third);
  expect(await planner.plan(first)).toBe(planned);
  await planner.plan(second);
  await planner.plan(third);
  expect(await planner.plan(first)).not.toBe(planned);
});
