/** Plans the memory of a recipe to the byte. It needs no device, and nothing is allocated. */
import type { Tuning } from '../engine/tuning';
import type { TensorInfo } from '../formats/tensor-file';
import { adapterLayout } from '../model/adapter-layout';
import type { ModelConfig } from '../model/config';
import { layOutWeights } from '../model/weights';
import type { Recipe } from '../recipe/recipe';
import { planWorkspace, type WorkspacePlan } from './workspace-plan';

/** The properties of a device that the plan depends on. */
export interface DeviceTraits {
  readonly maxStorageBufferBindingSize: number;
  /** Store 16-bit weights as f32. */
  readonly expandWeights: boolean;
  readonly tuning: Tuning;
}

/** A recipe whose number of lanes has been chosen. */
export type ChosenRecipe = Recipe & { readonly lanes: number };

/** The properties of a model that the plan depends on. Its files need not be downloaded. */
export interface PlannedModel {
  readonly config: ModelConfig;
  readonly weights: { readonly tensors: ReadonlyMap<string, Pick<TensorInfo, 'dtype' | 'shape'>> };
}

/** Lengths of the longest texts of a run, in tokens. */
export interface LongestTexts {
  /** The longest prompt of all arms. */
  readonly prompt: number;
  /** The longest question to the policy's base weights as a judge. Null if they are not asked. */
  readonly verdict: number | null;
}

/** Most rows of a micro-batch, unless a single pair needs more. Larger batches are hardly faster and cost memory. */
const BATCH_ROWS = 2048;
/** Most rows of a batch of prompts. Larger batches keep a GPU busy and need fewer dispatches. */
const PREFILL_ROWS = { software: 256, hardware: 512 } as const;
const PROMPTS_AHEAD = 8;
const DECODE_STEPS = 16;
/** Most verdicts in one submit. */
const VERDICTS = 16;

/** Number of prompts in the cache: those of the lanes, and those that are prefilled ahead of them. */
export const cachedPrompts = ({ k, evaluationSamples }: Recipe, lanes: number): number =>
  Math.ceil(lanes / Math.min(k, evaluationSamples)) + PROMPTS_AHEAD;

/** @throws LabError bad-file, unsupported-model */
export function planRecipe(
  model: PlannedModel,
  recipe: ChosenRecipe,
  longest: LongestTexts,
  device: DeviceTraits,
): WorkspacePlan {
  const { config } = model;
  const completions = recipe.arms.map((arm) => (arm === 'thinking' ? recipe.maxNewTokens : recipe.maxNewTokensDirect));
  const maxNewTokens = Math.min(config.context, Math.max(...completions));
  const longestPair = longest.prompt - 1 + 2 * maxNewTokens;
  const rows = Math.max(longestPair, Math.min(BATCH_ROWS, recipe.pairsPerStep * longestPair));
  return planWorkspace({
    weights: layOutWeights(config, model.weights.tensors, { ...device, expand: device.expandWeights }),
    adapter: adapterLayout(config, recipe),
    adapters: recipe.arms,
    generation: {
      lanes: recipe.lanes,
      maxNewTokens,
      maxPrompt: longest.prompt,
      prompts: cachedPrompts(recipe, recipe.lanes),
      prefillRows: PREFILL_ROWS[device.tuning.software ? 'software' : 'hardware'],
      steps: DECODE_STEPS,
      cacheType: recipe.kvCache,
    },
    batch: {
      rows,
      scored: Math.min(rows, recipe.pairsPerStep * 2 * maxNewTokens),
      pairs: recipe.pairsPerStep,
      longest: Math.min(config.context, longest.prompt + maxNewTokens),
    },
    // Verdicts use the row inputs of training, because scoring needs less memory. The last token of a question is a
    // row of both answers.
    verdicts:
      longest.verdict === null
        ? null
        : {
            prompt: longest.verdict,
            rows: Math.max(rows, longest.verdict + 1),
            scored: 2 * VERDICTS,
            pairs: VERDICTS,
          },
    loss: { kind: recipe.loss, beta: recipe.beta, labelSmoothing: recipe.labelSmoothing },
    optimizer: {
      beta1: recipe.adamBeta1,
      beta2: recipe.adamBeta2,
      eps: recipe.adamEpsilon,
      decay: recipe.weightDecay,
      maxNorm: recipe.maxGradNorm,
    },
    checkpointing: recipe.checkpointing,
    tuning: device.tuning,
  });
}
