import { LabError } from '../../lib/errors';
import { mean } from '../../lib/statistics';
import type { Arm } from '../../recipe/recipe';
import type { SftStep, StepMetrics } from '../../records/training';
import type { SftResult, StepResult } from '../policy';

export interface StepPlace {
  readonly iteration: number;
  readonly arm: Arm;
  readonly step: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seconds: number;
}

/** A step under TRL's names: rewards and log-probabilities are means over its pairs. @throws LabError not-finite */
export function stepMetrics(result: StepResult, place: StepPlace): StepMetrics {
  const { iteration, arm, step, steps, learningRate, seconds } = place;
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
    learning_rate: learningRate,
    tokens: result.tokens,
    seconds,
  };
  for (const name of ['loss', 'grad_norm', 'rewards/margins', 'logps/chosen', 'logps/rejected'] as const) {
    if (!Number.isFinite(metrics[name])) throw notFinite(name, place);
  }
  return metrics;
}

/** A step of the warm-up. @throws LabError not-finite */
export function sftMetrics({ loss, logps, gradNorm, tokens }: SftResult, place: StepPlace): SftStep {
  const { arm, step, steps, learningRate, seconds } = place;
  if (!Number.isFinite(loss)) throw notFinite('loss', place);
  if (!Number.isFinite(gradNorm)) throw notFinite('grad_norm', place);
  const measured = { loss, samples: logps.length, grad_norm: gradNorm, learning_rate: learningRate, tokens, seconds };
  return { iteration: 0, arm, step, steps, ...measured };
}

export function notFinite(
  what: string,
  { iteration, arm, step, learningRate }: Omit<StepPlace, 'steps' | 'seconds'>,
): LabError {
  return new LabError(
    'not-finite',
    `${what} became NaN or infinite at step ${step} of ${iteration === 0 ? 'the warm-up' : `iteration ${iteration}`}, ${arm} arm (learning rate ${learningRate.toPrecision(2)}).`,
    'The step was not saved; everything before it is. Start again with a learning rate of about a third, or a smaller gradient clip.',
  );
}
