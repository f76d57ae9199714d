import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, Estimate } from '../../records/device';
import type { RunDetail } from '../../records/runs';
import { TimeLeft } from '../../tpo/progress/time-left';
import type { WorkspacePlan } from '../../training/workspace';
import type { PlanningLimits } from '../device/device-info';

/** The recipe field to change when this part of the memory is too large. */
const FIELD_OF_PART: Readonly<Record<string, keyof Recipe>> = {
  weights: 'model',
  adapters: 'rank',
  optimiser: 'rank',
  'KV cache': 'lanes',
  activations: 'pairsPerStep',
  inputs: 'lanes',
};

/** The recipe field that causes an error during planning. */
const FIELD_OF_CODE: Readonly<Partial<Record<string, keyof Recipe>>> = {
  'prompt-too-long': 'maxNewTokens',
  'bad-prompts': 'prompts',
  'not-found': 'model',
  'bad-file': 'model',
  'unsupported-model': 'model',
};

// Used until a run has been measured on this device.
/** The share of the measured matrix product's speed that sampling reaches. */
const EFFICIENCY = 0.3;
const DISPATCH_SECONDS = 50e-6;

/**
 * Predicts how long a run takes.
 * @param earlier a run of the same model on the same device. Null if there is none: then the device's speed is used
 */
export function estimateWork(
  plan: WorkspacePlan,
  recipe: Recipe,
  device: DeviceInfo,
  earlier: RunDetail | null,
): TimeLeft {
  const timeLeft = new TimeLeft(recipe);
  if (earlier) timeLeft.learn(earlier);
  timeLeft.assume(
    (2 * parametersOf(plan)) / (EFFICIENCY * device.gflops * 1e9) +
      (DISPATCH_SECONDS * plan.dispatches.decode.length) / recipe.lanes,
  );
  return timeLeft;
}

function parametersOf(plan: WorkspacePlan): number {
  const { embedding, blocks } = plan.spec.weights.model;
  const stacks = blocks.flatMap((block) => Object.values(block.stacks));
  return [embedding, ...stacks].reduce((sum, { rows, cols }) => sum + rows * cols, 0);
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/**
 * The memory that a plan takes, and whether this device can allocate it.
 * @param seconds of the whole run; null if unknown
 */
export function estimateOf(
  plan: WorkspacePlan,
  recipe: Recipe,
  device: PlanningLimits,
  seconds: number | null,
): Estimate {
  const { bytes, parts } = plan;
  const limit = Math.min(device.maxBufferSize, device.maxStorageBufferBindingSize);
  const [largest] = [...plan.allocations].sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined || largest.bytes <= limit) return { bytes, parts, seconds, refused: null, field: null };
  const field = FIELD_OF_PART[largest.part] ?? null;
  const advice = field ? `: lower ${field} (now ${String(recipe[field])})` : '';
  const sizes = `would need a buffer of ${mebibytes(largest.bytes)}; this device allows at most ${mebibytes(limit)}`;
  return { bytes, parts, seconds, refused: `${capital(largest.part)} ${sizes}${advice}.`, field };
}

/** A recipe's prompt set is not stored or cannot be read. `field` says which of its two sets. */
export class UnusablePromptSet extends LabError {
  constructor(
    readonly field: 'prompts' | 'heldout',
    { code, message, advice, cause }: LabError,
  ) {
    super(code, message, advice, { cause });
  }
}

/** The estimate of a recipe that cannot be planned. @throws the error itself if the recipe is not its cause */
export function refusal(error: unknown): Estimate {
  const ofCode = error instanceof LabError ? FIELD_OF_CODE[error.code] : undefined;
  const field = error instanceof UnusablePromptSet ? error.field : ofCode;
  if (!(error instanceof LabError) || field === undefined) throw error;
  return { bytes: 0, parts: [], seconds: null, refused: `${error.message} ${error.advice}`.trim(), field };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
