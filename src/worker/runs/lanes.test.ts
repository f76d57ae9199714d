import { describe, expect, it } from 'vitest';
import { UNTUNED } from '../../engine/tuning';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { StoredStepTimes } from '../../storage/key-value/tuning';
import { planRecipe } from '../../training/recipe-plan';
import { SMALL_MODEL as model } from '../../training/testing/small-model';
import { estimateOf } from './estimate';
import { expectedPlan } from './lanes';

/** Many lanes cost as much as one where dispatches dominate. */
const speed = { bandwidth: 1e11, flops: 1e12, groupFlops: 1e11, halfFlops: null, dispatch: 1e-4, submit: 0 };
const sizes = { k: 8, promptsPerIteration: 32, pairsPerStep: 1, maxNewTokens: 200 };
const recipe: Recipe = { ...PRESETS.quick, ...sizes };
const traits = { maxStorageBufferBindingSize: 2 ** 30, expandWeights: false, tuning: UNTUNED };
const make = (lanes: number) => planRecipe(model, { ...recipe, lanes }, { prompt: 40, verdict: null }, traits);
const cacheOf = (lanes: number) => make(lanes).allocations.find(({ label }) => label === 'cache 0')?.bytes ?? 0;
const key = `${recipe.model} ≤256`;

/** The plan of a device whose largest buffer has so many bytes. */
function expected({
  largest = 2 ** 30,
  memory = 8,
  stored = {},
  change = {},
}: {
  readonly largest?: number;
  readonly memory?: number;
  readonly stored?: StoredStepTimes;
  readonly change?: Partial<Recipe>;
} = {}) {
  const limits = { maxBufferSize: largest, maxStorageBufferBindingSize: largest };
  return expectedPlan({ recipe: { ...recipe, ...change }, limits, memory, make, stored }, speed);
}
const lanesOf = (...given: Parameters<typeof expected>) => expected(...given).spec.generation.lanes;

describe('before a run', () => {
  it('the cost model decides where nothing was timed', () => {
    expect(lanesOf()).toBe(64);
  });

  it('the times of this model and these lengths decide', () => {
    expect(lanesOf({ stored: { [key]: { 64: 0.2, 32: 0.05, 16: 0.04, 8: 0.04 } } })).toBe(32);
    expect(lanesOf({ stored: { other: { 64: 0.2, 32: 0.05 } } })).toBe(64);
  });

  it('the plan is that of the number', () => {
    const stored = { [key]: { 64: 0.2, 32: 0.05 } };
    expect(expected({ stored }).bytes).toBe(make(32).bytes);
    expect(expected({ stored }).bytes).toBeLessThan(make(64).bytes);
  });

  it('no more lanes are chosen than an iteration has candidates', () => {
    expect(lanesOf({ change: { k: 5, promptsPerIteration: 4 } })).toBe(16);
  });

  it('no more lanes are chosen than the device has room for', () => {
    const largest = cacheOf(32);
    expect(lanesOf({ largest })).toBe(32);
    expect(lanesOf({ largest: largest - 1 })).toBe(16);
    expect(lanesOf({ largest, stored: { [key]: { 64: 0.01, 32: 0.1, 16: 0.2, 8: 0.01 } } })).toBe(8);
  });

  it('more than eight lanes leave the machine half of its memory', () => {
    // The numbers above 16 are passed over by the size of their cache, which is not all that shrinks.
    const memory = (2.2 * make(16).bytes) / 2 ** 30;
    expect(lanesOf({ memory })).toBe(16);
    expect(lanesOf({ memory: 0.9 * memory })).toBe(8);
    expect(lanesOf({ memory: 0 })).toBe(8);
  });

  it('a recipe that does not fit is refused with one lane, and names a value to change', () => {
    const limits = { maxBufferSize: 2 ** 16, maxStorageBufferBindingSize: 2 ** 16 };
    const plan = expected({ largest: 2 ** 16 });
    expect(plan.spec.generation.lanes).toBe(1);
    const { refused, field } = estimateOf(plan, recipe, limits, null);
    expect(refused).not.toBeNull();
    expect(field).not.toBe('lanes');
  });
});
