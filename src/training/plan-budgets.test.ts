import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { everyChoice } from '../engine/testing/every-choice';
import { parseConfig } from '../model/config';
import { parseCurated } from '../worker/models/curated';
import { KNOWN_VIOLATIONS } from './testing/known-violations';
import { FEATURES, modelPlan, twoBlocks } from './testing/model-plans';
import { planViolations } from './testing/plan-budgets';

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
  const config = twoBlocks(parseConfig(model.config));
  const own = new Map<string, string>();
  for (const features of [[], FEATURES]) {
    for (const lanes of LANES) {
      const plans = everyChoice((choices) =>
        modelPlan({
          config,
          storage: model.storage,
          recipe: { lanes, pairsPerStep: 4 },
          tuning: { software: false, features, choices },
        }),
      );
      for (const plan of plans) {
        expect(plan.dispatches.decode.length).toBeGreaterThan(10);
        for (const { rule, plan: of, kernel, detail } of planViolations(plan, lanes <= FEW_LANES))
          own.set(`${rule}: ${of} ${kernel}`, `${name}, ${lanes} lanes: ${detail}`);
      }
    }
  }
  for (const [violation, detail] of own) found.set(violation, detail);
  expect([...own].filter(([violation]) => !known.has(violation))).toEqual([]);
});

it('lists no violation that no model has any more', () => {
  expect([...known].filter((violation) => !found.has(violation))).toEqual([]);
});
