/** Plans of models for tests, from their configurations alone. */
import type { Tuning } from '../../engine/tuning';
import { GGML_BLOCKS, type GgmlType } from '../../formats/ggml-types';
import type { ModelConfig } from '../../model/config';
import { type TensorStorage, tensorList } from '../../model/tensor-list';
import { PRESETS } from '../../recipe/presets';
import { type ChosenRecipe, planRecipe } from '../recipe-plan';
import type { WorkspacePlan } from '../workspace-plan';

export interface PlanTask {
  readonly config: ModelConfig;
  readonly storage: TensorStorage;
  /** What differs from the standard recipe with 64 lanes and one pair of completions of 384 tokens. */
  readonly recipe?: Partial<ChosenRecipe>;
  /** Tokens of the longest prompt. By default 257. */
  readonly prompt?: number;
  readonly tuning: Tuning;
}

/** Every feature that an adapter may have and a kernel may need. */
export const FEATURES: readonly string[] = ['shader-f16', 'subgroups'];

/** The longest binding that adapters of desktops allow. */
const BINDING_BYTES = 2 ** 31 - 4;

export function modelPlan({ config, storage, recipe = {}, prompt = 257, tuning }: PlanTask): WorkspacePlan {
  return planRecipe(
    { config, weights: { tensors: tensorList(config, storage) } },
    { ...PRESETS.standard, lanes: 64, arms: ['thinking'], pairsPerStep: 1, maxNewTokens: 384, ...recipe },
    { prompt, verdict: 257 },
    { maxStorageBufferBindingSize: BINDING_BYTES, expandWeights: false, tuning },
  );
}

/**
 * The model with one block of each kind, with and without a sliding window, and a last one, of which prefill computes
 * only keys and values. Its plans have every kernel of the whole model, and every grid except that of the optimiser.
 */
export function fewBlocks(config: ModelConfig): ModelConfig {
  const windows = [...new Set(config.windows), config.windows.at(-1) ?? null];
  return { ...config, layers: windows.length, windows };
}

/** Whether the rows of every matrix are whole blocks of a type. */
export function fitsType({ hidden, heads, headSize, ffn }: ModelConfig, type: GgmlType): boolean {
  return [hidden, heads * headSize, ffn].every((cols) => cols % GGML_BLOCKS[type].values === 0);
}
