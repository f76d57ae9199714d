import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernelKey } from '../engine/kernel';
import { Planner } from '../engine/planner';
import { UNTUNED } from '../engine/tuning';
import { parseConfig } from '../model/config';
import { parseCurated } from '../worker/models/curated';
import { FEATURES, fewBlocks, modelPlan } from './testing/model-plans';

const models = parseCurated(
  JSON.parse(readFileSync(new URL('../../public/models/curated.json', import.meta.url), 'utf8')),
);

it.each(models.map((model) => [model.name, model] as const))(
  '%s: the autotuner measures each candidate of a decision with its own kernels',
  (_, model) => {
    const config = fewBlocks(parseConfig(model.config));
    const tuning = { ...UNTUNED, features: FEATURES };
    let several = 0;
    for (const lanes of [1, 8, 32]) {
      const { decisions } = modelPlan({ config, storage: model.storage, recipe: { lanes }, tuning });
      for (const { key, candidates, measure } of decisions.values()) {
        const kernels = candidates.map((name) => {
          const alone = new Planner({ ...tuning, choices: { [key]: name } });
          measure(alone);
          return alone.dispatches.map(({ variant }) => kernelKey(variant)).join();
        });
        expect(new Set(kernels).size, key).toBe(candidates.length);
        if (candidates.length > 1) several++;
      }
    }
    expect(several).toBeGreaterThan(5);
  },
);

it.each([8, 384])('scoring uses the kernels of the forward pass of training, %i tokens', (maxNewTokens) => {
  const [model] = models;
  if (model === undefined) throw new Error('no model');
  const config = fewBlocks(parseConfig(model.config));
  const recipe = { maxNewTokens, checkpointing: false };
  const { dispatches } = modelPlan({ config, storage: model.storage, recipe, prompt: 9, tuning: UNTUNED });
  const keys = (of: keyof typeof dispatches) =>
    dispatches[of].map(({ variant: { source, entry, constants } }) =>
      [source.name, entry, ...Object.values(constants)].join(),
    );
  const scoring = keys('scoring');
  expect(scoring.length).toBeGreaterThan(10 * config.layers);
  expect(keys('gradient').slice(0, scoring.length)).toEqual(scoring);
  // Generation has fused kernels.
  expect(keys('decode').some((key) => key.includes('_gated'))).toBe(true);
});
