/**
 * One optimiser step: its batch, its learning rate, its metrics and its checkpoint. The same for preference steps and
 * SFT steps.
 */
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import { mean } from '../../lib/statistics';
import type { Recipe } from '../../recipe/recipe';
import { learningRate } from '../../recipe/schedule';
import type { ArmIteration } from '../../records/candidates';
import type { Checkpoint } from '../../records/runs';
import type { SftStep, StepMetrics } from '../../records/training';
import type { SftResult, StepResult } from '../policy';
import type { Activity, ArmIterationState, LoopContext } from '../stage';

/**
 * The batches of an iteration, all epochs: for each optimiser step, the indices of its pairs (in the warm-up, of its
 * samples). Each epoch goes through all of them in an order of its own, drawn from the run's seed. The last batch of
 * an epoch may be smaller.
 */
export function batches(
  count: number,
  { seed, epochs, pairsPerStep }: Pick<Recipe, 'seed' | 'epochs' | 'pairsPerStep'>,
  { iteration, arm }: ArmIteration,
): number[][] {
  const steps: number[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = new Random(seed, `pairs/${arm}/${iteration}/${epoch}`).permutation(count);
    for (let first = 0; first < count; first += pairsPerStep) steps.push(order.slice(first, first + pairsPerStep));
  }
  return steps;
}

/** The number of a step, and its settings: everything about it except the policy's result. */
export interface StepPlace extends ArmIteration {
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seconds: number;
}

/**
 * Does the next optimiser step and commits it: adapter, optimiser state and metrics in one transaction. A step that is
 * not finite is not stored.
 * @param peak the highest learning rate of the schedule
 * @param update updates the adapter on a batch; returns a function that makes the step's metrics
 * @throws LabError not-finite, device-lost, storage-full
 */
export async function optimiserStep<Metrics extends StepMetrics | SftStep>(
  context: LoopContext,
  state: ArmIterationState,
  peak: number,
  update: (batch: readonly number[], rate: number) => Promise<(place: StepPlace) => Metrics>,
): Promise<Metrics> {
  const { run, policy, recipeHash, now } = context;
  const { iteration, arm, reference } = state;
  const steps = state.batches.length;
  const rate = learningRate(state.step, steps, { ...run.recipe, learningRate: peak });
  const begun = now();
  const metricsAt = await update(at(state.batches, state.step), rate);
  const after = await policy.state(arm);
  const seconds = (now() - begun) / 1000;
  const place = { iteration, arm, step: state.step + 1, steps, learningRate: rate, seconds };
  const metrics = metricsAt(place);
  // The loss was computed before the update; the update itself may have made the adapter NaN or infinite.
  if (![after.weights, after.m, after.v].every((floats) => floats === null || allFinite(floats)))
    throw notFinite('The adapter', place);
  await commit(context, { arm, iteration, step: place.step, state: after, reference, recipeHash }, metrics);
  state.step = place.step;
  return metrics;
}

/** How many optimiser steps of an arm iteration are done. */
export const stepsDone = (
  { step, batches: { length } }: ArmIterationState,
  phase: 'train' | 'warm-up',
  work: 'train' | 'sft',
): Activity => ({ phase, work, done: step, total: length, counts: 'steps' });

export async function commit(
  { run, store, heads }: LoopContext,
  checkpoint: Checkpoint,
  metrics: StepMetrics | SftStep | null,
): Promise<void> {
  await store.commit(run.id, checkpoint, metrics);
  heads.set(checkpoint.arm, checkpoint);
}

/** One sum instead of a test of each value: it is finite only if all are (f32 values cannot overflow an f64 sum). */
const allFinite = (floats: Float32Array): boolean => Number.isFinite(floats.reduce((sum, x) => sum + x, 0));

/**
 * Metrics of a preference step under TRL's names. Rewards and log-probabilities are means over its pairs.
 * @throws LabError not-finite
 */
export function stepMetrics(result: StepResult, place: StepPlace): StepMetrics {
  const { iteration, arm, step, steps, learningRate: rate, seconds } = place;
  const { rewardsChosen, rewardsRejected } = result;
  const margins = rewardsChosen.map((chosen, i) => chosen - (rewardsRejected[i] ?? Number.NaN));
  const metrics: StepMetrics = {
    iteration,
    arm,
    step,
    steps,
    loss: result.loss,
    'rewards/chosen': mean(rewardsChosen) ?? Number.NaN,
    'rewards/rejected': mean(rewardsRejected) ?? Number.NaN,
    'rewards/accuracies': mean(margins.map((margin) => (margin > 0 ? 1 : 0))) ?? Number.NaN,
    'rewards/margins': mean(margins) ?? Number.NaN,
    'logps/chosen': mean(result.logpsChosen) ?? Number.NaN,
    'logps/rejected': mean(result.logpsRejected) ?? Number.NaN,
    grad_norm: result.gradNorm,
    learning_rate: rate,
    tokens: result.tokens,
    seconds,
  };
  for (const name of ['loss', 'grad_norm', 'rewards/margins', 'logps/chosen', 'logps/rejected'] as const) {
    if (!Number.isFinite(metrics[name])) throw notFinite(name, place);
  }
  return metrics;
}

/** Metrics of an SFT step of the warm-up. @throws LabError not-finite */
export function sftMetrics({ loss, logps, gradNorm, tokens }: SftResult, place: StepPlace): SftStep {
  const { arm, step, steps, learningRate: rate, seconds } = place;
  if (!Number.isFinite(loss)) throw notFinite('loss', place);
  if (!Number.isFinite(gradNorm)) throw notFinite('grad_norm', place);
  const measured = { loss, samples: logps.length, grad_norm: gradNorm, learning_rate: rate, tokens, seconds };
  return { iteration: 0, arm, step, steps, ...measured };
}

function notFinite(what: string, { iteration, arm, step, learningRate: rate }: StepPlace): LabError {
  const where = iteration === 0 ? 'the warm-up' : `iteration ${iteration}`;
  return new LabError(
    'not-finite',
    `${what} became NaN or infinite at step ${step} of ${where}, ${arm} arm (learning rate ${rate.toPrecision(2)}).`,
    'The step was not saved; everything before it is. ' +
      'Start again with a learning rate of about a third, or a smaller gradient clip.',
  );
}
