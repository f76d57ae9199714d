/** The kernels that a GPU can be given: those of every plan, with everything that the autotuner may choose. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KernelVariant, kernelInterface, kernelKey } from '../../src/engine/kernel';
import { KEY_VALUE_LIBS } from '../../src/engine/key-values';
import type { Dispatch } from '../../src/engine/planner';
import { everyChoice } from '../../src/engine/testing/every-choice';
import type { Choices } from '../../src/engine/tuning';
import { WEIGHT_FORMATS } from '../../src/engine/weight';
import { GGML_BLOCKS, type GgmlType, isGgmlType } from '../../src/formats/ggml-types';
import { at } from '../../src/lib/assert';
import { type ModelConfig, parseConfig } from '../../src/model/config';
import { planDecode } from '../../src/model/generation/generation-plans';
import { FEATURES, fewBlocks, fitsType, modelPlan, type PlanTask } from '../../src/training/testing/model-plans';
import { PLAN_NAMES, type PlanName, type WorkspacePlan } from '../../src/training/workspace-plan';
import { parseCurated } from '../../src/worker/models/curated';
import { root } from '../root';

export interface ReachableKernel {
  readonly variant: KernelVariant;
  readonly bindings: readonly GPUBindGroupLayoutEntry[];
  /** Storage type of the weights that it reads, or `cache f16`. Null if it reads neither. */
  readonly storage: string | null;
  /** Plans that use it. */
  readonly plans: Set<PlanName>;
}

/** Models of the curated list that together have every family, and head sizes of 64, 128 and 256. */
const CURATED = [
  'SmolLM2 135M Instruct',
  'Qwen2.5 0.5B Instruct',
  'Qwen3 0.6B',
  'Llama 3.2 1B Instruct',
  'Gemma 3 270M',
] as const;

/** One number for each row class. */
const LANES = [1, 2, 4, 8, 16, 32, 64] as const;
const RANKS = [4, 8, 32, 64] as const;
/** Rows of a training batch, beyond the 2,048 of the other plans. */
const BATCH_ROWS = [8, 16, 32, 64, 256] as const;

/** Each once, in the order in which the plans use them. */
export function reachableKernels(): readonly ReachableKernel[] {
  const kernels = new Map<string, ReachableKernel>();
  const add = (plan: PlanName, dispatches: readonly Dispatch[]) => {
    for (const { variant, bindings } of dispatches) {
      const key = kernelKey(variant);
      const found = kernels.get(key) ?? describeKernel(variant, [...bindings.keys(), 'params']);
      kernels.set(key, found);
      found.plans.add(plan);
    }
  };
  const addPlans = (plans: readonly WorkspacePlan[]) => {
    for (const { dispatches } of plans) for (const name of PLAN_NAMES) add(name, dispatches[name]);
  };

  for (const config of models()) {
    const plansOf = (
      matrices: GgmlType,
      features: readonly string[],
      { prompt = 129, ...recipe }: PlanTask['recipe'] & { prompt?: number } = {},
    ) =>
      everyChoice((choices) =>
        modelPlan({
          config,
          storage: { matrices, vectors: 'F32' },
          prompt,
          recipe: { lanes: 8, pairsPerStep: 16, maxNewTokens: 64, ...recipe },
          tuning: { software: false, features, choices },
        }),
      );
    const addAll = (matrices: GgmlType, features: readonly string[], recipe: PlanTask['recipe'] = {}) => {
      const plans = plansOf(matrices, features, recipe);
      addPlans(plans);
      const { weights, adapter, generation } = at(plans, 0).spec;
      for (const lanes of LANES) {
        const capacity = { ...generation, lanes };
        const decode = (choices: Choices) =>
          planDecode({ weights: weights.model, adapter, capacity, tuning: { software: false, features, choices } });
        for (const { dispatches } of everyChoice(decode)) add('decode', dispatches);
      }
    };
    for (const type of Object.keys(GGML_BLOCKS).filter(isGgmlType)) if (fitsType(config, type)) addAll(type, FEATURES);
    // The following do not depend on the type of the weights.
    addAll('F16', []);
    addAll('F16', FEATURES, { kvCache: 'f16' });
    for (const rank of RANKS) addPlans(plansOf('F16', FEATURES, { rank, checkpointing: true }));
    for (const rows of BATCH_ROWS)
      addPlans(plansOf('F16', FEATURES, { prompt: rows / 2 + 1, maxNewTokens: rows / 4, pairsPerStep: 1 }));
  }
  return [...kernels.values()];
}

function models(): readonly ModelConfig[] {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(root, 'public/models', path), 'utf8'));
  const curated = parseCurated(read('curated.json'));
  const configs = CURATED.map((name) => {
    const model = curated.find((entry) => entry.name === name);
    if (model === undefined) throw new Error(`The curated list has no ${name}.`);
    return parseConfig(model.config);
  });
  return [parseConfig(read('tiny-thinker/config.json')), ...configs].map(fewBlocks);
}

/** @param names its bindings */
export function describeKernel(variant: KernelVariant, names: readonly string[]): ReachableKernel {
  const declared = kernelInterface(variant).bindings;
  const bindings = names.map((name) => {
    const found = declared.get(name);
    if (found === undefined) throw new Error(`${variant.source.name}.wgsl has no binding ${name}.`);
    // GPUShaderStage.COMPUTE, which Node does not have.
    return { binding: found.index, visibility: 4, buffer: { type: found.type } };
  });
  const weights = Object.entries(WEIGHT_FORMATS).find(([, { libs }]) => variant.libs.includes(libs[0]))?.[0];
  const cache = variant.libs.includes(KEY_VALUE_LIBS.f16[0]) ? 'cache f16' : null;
  return { variant, bindings, storage: weights ?? cache, plans: new Set() };
}
