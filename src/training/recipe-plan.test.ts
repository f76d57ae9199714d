import { expect, it } from 'vitest';
import { UNTUNED } from '../engine/tuning';
import { PRESETS } from '../recipe/presets';
import type { Recipe } from '../recipe/recipe';
import { planRecipe } from './recipe-plan';
import { SMALL_MODEL as model } from './testing/small-model';

const plan = (verdict: number | null, change: Partial<Recipe> = {}) =>
  planRecipe(
    model,
    { ...PRESETS.quick, ...change, lanes: 64 },
    { prompt: 40, verdict },
    { maxStorageBufferBindingSize: 2 ** 30, expandWeights: false, tuning: UNTUNED },
  );

it('without a judge on its own weights, needs no memory for verdicts', () => {
  const { bytes, parts, allocations, dispatches } = plan(null);
  expect(bytes).toBe(22_027_072);
  expect(parts.find(({ name }) => name === 'inputs')?.bytes).toBe(277_552);
  expect(allocations).toHaveLength(68);
  expect(dispatches.verdict).toEqual([]);
});

it('with such a judge, needs a few more uniforms and no second adapter', () => {
  const before = plan(null);
  const after = plan(200);
  const more = after.parts.flatMap(({ name, bytes }) => {
    const was = before.parts.find((part) => part.name === name)?.bytes ?? 0;
    return bytes === was ? [] : [[name, bytes - was]];
  });
  // Uniforms, rotations of later positions, and room for eight more pairs than a step has.
  expect(more).toEqual([['inputs', after.dispatches.verdict.length * 256 + 80 * 16 * 4 + 8 * (4 + 2 + 4 + 2) * 4]]);
  expect(after.dispatches.verdict.length).toBeLessThan(after.dispatches.scoring.length);
});

it('makes room for a question that is longer than the pairs of training', () => {
  const change = { pairsPerStep: 1, maxNewTokens: 16, maxNewTokensDirect: 16 } as const;
  const [none, short, long] = [plan(null, change), plan(60, change), plan(240, change)];
  expect(short.spec.verdicts?.rows).toBe(short.spec.batch.rows);
  expect(long.spec.verdicts?.rows).toBe(241);
  expect(long.bytes).toBeGreaterThan(short.bytes);
  expect(short.bytes).toBeGreaterThan(none.bytes);
});
