import { LabError } from '../../lib/errors';
import { AUTO } from '../../recipe/declare';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, Estimate } from '../../records/device';
import type { RunDetail } from '../../records/runs';
import type { RunPrompts } from '../../tpo/generation/run-prompts';
import { TimeLeft } from '../../tpo/progress/time-left';
import { PhaseCosts } from '../../training/phase-costs';
import type { WorkspacePlan } from '../../training/workspace-plan';
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

/** The same where a run chooses its lanes: it cannot have fewer. */
const WITHOUT_LANES: typeof FIELD_OF_PART = { 'KV cache': 'maxNewTokens', inputs: 'pairsPerStep' };

/** The recipe field that causes an error during planning. */
const FIELD_OF_CODE: Readonly<Partial<Record<string, keyof Recipe>>> = {
  'prompt-too-long': 'maxNewTokens',
  'bad-prompts': 'prompts',
  'not-found': 'model',
  'bad-file': 'model',
  'unsupported-model': 'model',
};

/**
 * Predicts how long a run takes.
 * @param prompts of the run, encoded
 * @param earlier a run of the same model on the same device, whose times correct the prediction. Null if there is none
 */
export function estimateWork(
  plan: WorkspacePlan,
  recipe: Recipe,
  prompts: Pick<RunPrompts, 'meanLength'>,
  { speed }: Pick<DeviceInfo, 'speed'>,
  earlier: RunDetail | null,
): TimeLeft {
  const timeLeft = new TimeLeft(recipe, {
    phases: new PhaseCosts(plan, speed),
    promptTokens: (arm) => prompts.meanLength(arm),
  });
  if (earlier) timeLeft.learn(earlier);
  return timeLeft;
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
  const { bytes, parts, spec } = plan;
  const needs = { bytes, parts, lanes: spec.generation.lanes, seconds };
  const limit = Math.min(device.maxBufferSize, device.maxStorageBufferBindingSize);
  const [largest] = [...plan.allocations].sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined || largest.bytes <= limit) return { ...needs, refused: null, field: null };
  const { part } = largest;
  const field = (recipe.lanes === AUTO ? WITHOUT_LANES[part] : undefined) ?? FIELD_OF_PART[part] ?? null;
  const lower = field ? `: lower ${field} (now ${String(recipe[field])})` : '';
  const halved = part === 'KV cache' && recipe.kvCache === 'f32' ? ', or set kvCache to f16' : '';
  const advice = lower + halved;
  const sizes = `would need a buffer of ${mebibytes(largest.bytes)}; this device allows at most ${mebibytes(limit)}`;
  return { ...needs, refused: `${capital(part)} ${sizes}${advice}.`, field };
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
  return {
    bytes: 0,
    parts: [],
    lanes: null,
    seconds: null,
    refused: `${error.message} ${error.advice}`.trim(),
    field,
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
