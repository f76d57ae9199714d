import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { largestGrid } from '../engine/grid';
import { kernelKey } from '../engine/kernel';
import type { KeyValueType } from '../engine/key-values';
import { everyChoice } from '../engine/testing/every-choice';
import { type Choices, type Tuning, UNTUNED } from '../engine/tuning';
import { type ModelConfig, parseConfig } from '../model/config';
import { parseCurated } from '../worker/models/curated';
import { KNOWN_VIOLATIONS } from './testing/known-violations';
import { FEATURES, fewBlocks, modelPlan } from './testing/model-plans';
import { planViolations } from './testing/plan-budgets';
import { PLAN_NAMES, type WorkspacePlan } from './workspace-plan';

const models = parseCurated(
  JSON.parse(readFileSync(new URL('../../public/models/curated.json', import.meta.url), 'utf8')),
);

/** One for each row class. */
const LANES = [1, 2, 4, 8, 16, 32, 64] as const;
/** With more lanes, tiles of rows fill a GPU. */
const FEW_LANES = 16;

/** Violations of each model's plans with everything that the autotuner may choose, with their numbers. */
const found = new Map<string, string>();
const known = new Set(
  KNOWN_VIOLATIONS.flatMap(({ rule, plans, kernel }) => plans.map((plan) => `${rule}: ${plan} ${kernel}`)),
);

it.each(models.map((model) => [model.name, model] as const))('%s keeps the budgets of plans', (name, model) => {
  const config = parseConfig(model.config);
  const own = new Map<string, string>();
  const check = (plan: WorkspacePlan, lanes: number) => {
    expect(plan.dispatches.decode.length).toBeGreaterThan(10);
    for (const { rule, plan: of, kernel, detail } of planViolations(plan, lanes <= FEW_LANES))
      own.set(`${rule}: ${of} ${kernel}`, `${name}, ${lanes} lanes: ${detail}`);
  };
  const planOf = (of: ModelConfig, lanes: number, tuning: Partial<Tuning> = {}, kvCache: KeyValueType = 'f32') =>
    modelPlan({
      config: of,
      storage: model.storage,
      recipe: { lanes, pairsPerStep: 4, kvCache },
      tuning: { ...UNTUNED, ...tuning },
    });
  const small = fewBlocks(config);
  for (const features of [[], FEATURES])
    for (const lanes of LANES)
      for (const plan of everyChoice((choices) => planOf(small, lanes, { features, choices }))) check(plan, lanes);
  for (const lanes of [1, 8]) {
    const half = (choices: Choices) => planOf(small, lanes, { features: FEATURES, choices }, 'f16');
    for (const plan of everyChoice(half)) check(plan, lanes);
  }
  check(planOf(config, 8), 8);
  for (const [violation, detail] of own) found.set(violation, detail);
  expect([...own].filter(([violation]) => !known.has(violation))).toEqual([]);
});

it('lists no violation that no model has any more', () => {
  expect([...known].filter((violation) => !found.has(violation))).toEqual([]);
});

it('needs only a few blocks of a model with sliding windows to see its kernels and grids', () => {
  const model = models.find(({ name }) => name === 'Gemma 3 270M');
  if (model === undefined) throw new Error('the curated list has no Gemma 3');
  const config = parseConfig(model.config);
  expect(new Set(config.windows)).toEqual(new Set([512, null]));
  const [whole, small] = [config, fewBlocks(config)].map((of) => {
    const { dispatches } = modelPlan({ config: of, storage: model.storage, tuning: UNTUNED });
    return PLAN_NAMES.filter((plan) => plan !== 'update').map((plan) => {
      const kinds = dispatches[plan].map((d) => `${kernelKey(d.variant)} ${largestGrid(d)} ${d.uniforms.window}`);
      return [...new Set(kinds)].sort();
    });
  });
  expect(small).toEqual(whole);
});
