import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, Estimate } from '../../records/device';
import type { RunDetail } from '../../records/runs';
import { TimeLeft } from '../../tpo/progress/time-left';
import type { WorkspacePlan } from '../../training/workspace';
import { UnusableSet } from './recipe-sets';

/** The field that makes each part of the memory smaller. */
const FIELD_OF_PART: Readonly<Record<string, keyof Recipe>> = {
  weights: 'model',
  adapters: 'rank',
  optimiser: 'rank',
  'KV cache': 'lanes',
  activations: 'pairsPerStep',
  inputs: 'lanes',
};

/** Errors that say of a recipe, before anything is allocated, that it cannot run. */
const FIELD_OF_CODE: Readonly<Partial<Record<string, keyof Recipe>>> = {
  'prompt-too-long': 'maxNewTokens',
  'bad-prompts': 'prompts',
  'not-found': 'model',
  'bad-file': 'model',
  'unsupported-model': 'model',
};

/** Share of the measured matmul's speed that sampling reaches, and what a dispatch costs, where no run has been measured yet. */
const EFFICIENCY = 0.3;
const DISPATCH_SECONDS = 50e-6;

/** What a run's work takes: from what an earlier run of the same model on the same device measured, else from the device's speed. */
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

/** What a plan takes, and whether this device can give it. @param seconds of the whole run, where something was measured */
export function estimateOf(
  plan: WorkspacePlan,
  recipe: Recipe,
  device: Pick<DeviceInfo, 'maxBufferSize' | 'maxStorageBufferBindingSize'>,
  seconds: number | null,
): Estimate {
  const limit = Math.min(device.maxBufferSize, device.maxStorageBufferBindingSize);
  const [largest] = [...plan.allocations].sort((a, b) => b.bytes - a.bytes);
  const fits = largest === undefined || largest.bytes <= limit;
  const field = largest ? (FIELD_OF_PART[largest.part] ?? null) : null;
  return {
    bytes: plan.bytes,
    parts: plan.parts,
    seconds,
    refused: fits
      ? null
      : `${capital(largest.part)} would need a buffer of ${mebibytes(largest.bytes)}; this device gives ${mebibytes(limit)} at most${field ? `: lower ${field} (now ${String(recipe[field])})` : ''}.`,
    field: fits ? null : field,
  };
}

/** The estimate of a recipe that cannot be planned. @throws the error itself where it says nothing of the recipe */
export function refusal(error: unknown): Estimate {
  const ofCode = error instanceof LabError ? FIELD_OF_CODE[error.code] : undefined;
  const field = error instanceof UnusableSet ? error.field : ofCode;
  if (!(error instanceof LabError) || field === undefined) throw error;
  return { bytes: 0, parts: [], seconds: null, refused: `${error.message} ${error.advice}`.trim(), field };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
