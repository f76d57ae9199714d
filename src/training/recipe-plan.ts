/** What a recipe asks of a device, planned to the byte: no device is needed, and nothing is allocated. */
import type { Choices } from '../engine/planner';
import type { TensorInfo } from '../formats/tensor-file';
import { adapterLayout } from '../model/adapter-layout';
import type { ModelConfig } from '../model/config';
import { layOutWeights } from '../model/weights';
import type { Recipe } from '../recipe/recipe';
import { planWorkspace, type WorkspacePlan } from './workspace';

/** What of a device decides the plan. */
export interface DeviceTraits {
  readonly maxStorageBufferBindingSize: number;
  /** Store 16-bit weights as f32. */
  readonly expandWeights: boolean;
  readonly choices: Choices;
}

/** What of a model decides it; no file need be here. */
export interface PlannedModel {
  readonly config: ModelConfig;
  readonly weights: { readonly tensors: ReadonlyMap<string, Pick<TensorInfo, 'dtype' | 'shape'>> };
}

/** Tokens of the longest texts that a run will meet. */
export interface LongestTexts {
  /** A prompt's, in either arm. */
  readonly prompt: number;
  /** Of what the policy's own weights are asked as a judge; null where they are not. */
  readonly verdict: number | null;
}

/** Rows of a micro-batch, unless a single pair needs more: beyond this a step gains little and costs memory. */
const BATCH_ROWS = 2048;
const PREFILL_ROWS = 256;
/** Prompts that are prefilled ahead of the lanes. */
const PROMPTS_AHEAD = 8;
const DECODE_STEPS = 16;
/** Verdicts of one submit, at most. */
const VERDICTS = 16;

/** @throws LabError bad-file, unsupported-model */
export function planRecipe(
  model: PlannedModel,
  recipe: Recipe,
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
      prompts: Math.ceil(recipe.lanes / Math.min(recipe.k, recipe.evaluationSamples)) + PROMPTS_AHEAD,
      prefillRows: PREFILL_ROWS,
      steps: DECODE_STEPS,
    },
    batch: {
      rows,
      scored: Math.min(rows, recipe.pairsPerStep * 2 * maxNewTokens),
      pairs: recipe.pairsPerStep,
      longest: Math.min(config.context, longest.prompt + maxNewTokens),
    },
    // In the rows of training, which cost less where no gradient is to come; a question's last token is a row of each of two answers.
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
    choices: device.choices,
  });
}
