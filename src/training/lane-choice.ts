/**
 * The number of lanes of a run whose recipe says `auto`: the one that decodes the most tokens a second. A decode step
 * of each number is timed, from the most lanes down.
 */
import type { Dispatch } from '../engine/planner';
import { type GenerationCapacity, planDecode } from '../model/generation/generation-plans';
import type { Recipe } from '../recipe/recipe';
import type { WorkspaceSpec } from './workspace-plan';

const MOST_LANES = 64;
/** Numbers within this share of the best count as equal. The smallest of them takes the least memory. */
const EQUAL = 0.95;
/** The same for predicted times, which are off by up to 30%. */
const PREDICTED_EQUAL = 0.7;
/**
 * The search ends at a number that reaches less than this share of the best: with fewer lanes, a step reads the same
 * weights for fewer tokens.
 */
const FAR_BEHIND = 0.5;

/** Most completions end well before the limit, and a lane is in the middle of one. */
export const generatedSoFar = (maxNewTokens: number): number => Math.floor(maxNewTokens / 5);

/** Seconds of a decode step, by its number of lanes. */
export type StepTimes = Readonly<Record<number, number>>;

/**
 * The numbers to choose from, the largest first: powers of two up to 64, and no more than an iteration has candidates.
 */
export function laneNumbers({ k, promptsPerIteration }: Pick<Recipe, 'k' | 'promptsPerIteration'>): readonly number[] {
  const numbers: number[] = [];
  for (let lanes = MOST_LANES; lanes >= 1; lanes /= 2) if (lanes <= k * promptsPerIteration) numbers.push(lanes);
  return numbers;
}

/**
 * Times the numbers from the first, the largest, until one is far behind the best.
 * @param known times of earlier searches, which are not measured again
 * @param measure seconds of a step. Null if there is no time left, which ends the search
 * @returns the times that the search has passed
 */
export async function timeLanes(
  numbers: readonly number[],
  known: StepTimes,
  measure: (lanes: number) => Promise<number | null>,
): Promise<StepTimes> {
  const times: Record<number, number> = {};
  let best = 0;
  for (const lanes of numbers) {
    const seconds = known[lanes] ?? (await measure(lanes));
    if (seconds === null) break;
    times[lanes] = seconds;
    const speed = lanes / seconds;
    if (speed < FAR_BEHIND * best) break;
    best = Math.max(best, speed);
  }
  return times;
}

/** The fastest of the numbers that have a time. Null if none has. */
export function bestLanes(numbers: readonly number[], times: StepTimes): number | null {
  const equal = nearBest(numbers, times, EQUAL);
  return equal.length === 0 ? null : Math.min(...equal);
}

/**
 * The largest of the numbers that may be the fastest by predicted times, so that the memory of its plan suffices for
 * the number that is measured to be the best.
 */
export const expectedLanes = (numbers: readonly number[], predicted: StepTimes): number =>
  Math.max(...nearBest(numbers, predicted, PREDICTED_EQUAL));

/** The numbers whose speed reaches this share of the best. */
function nearBest(numbers: readonly number[], times: StepTimes, share: number): readonly number[] {
  const timed = numbers.flatMap((lanes) => {
    const seconds = times[lanes];
    return seconds === undefined ? [] : [{ lanes, speed: lanes / seconds }];
  });
  const best = Math.max(...timed.map(({ speed }) => speed));
  return timed.filter(({ speed }) => speed >= share * best).map(({ lanes }) => lanes);
}

/** A plan of decoding alone. */
export interface DecodePlan {
  readonly capacity: GenerationCapacity;
  readonly dispatches: readonly Dispatch[];
}

/** The decode plan of a workspace, with another number of lanes. */
export function decodeWith({ weights, adapter, generation, tuning }: WorkspaceSpec, lanes: number): DecodePlan {
  const capacity = { ...generation, lanes };
  return { capacity, dispatches: planDecode({ weights: weights.model, adapter, capacity, tuning }).dispatches };
}
