import { sum } from '../lib/statistics';
import type { Arm } from '../recipe/recipe';
import type { Rollout } from '../records/candidates';
import type { NoPair } from '../records/pairs';
import type { IterationSummary, StepMetrics } from '../records/training';
import { judgeFacts } from './judging/judge-facts';

/**
 * Sums up an arm iteration from its records.
 * @param rollouts of purpose `train` (or `warm-up`), of this arm iteration
 * @param steps of this arm iteration
 * @param place.seconds time of the work that has no record of its own
 */
export function summarizeIteration(
  rollouts: readonly Rollout[],
  steps: readonly Pick<StepMetrics, 'tokens' | 'seconds'>[],
  place: {
    readonly iteration: number;
    readonly arm: Arm;
    readonly seconds: { readonly reference: number; readonly evaluate: number };
    /** The number of completions that the warm-up trained on. */
    readonly samples?: number;
  },
): IterationSummary {
  const candidates = rollouts.flatMap((r) => r.candidates);
  const noPair: Partial<Record<NoPair, number>> = {};
  let pairs = 0;
  for (const { pair } of rollouts) {
    if (pair === null) continue;
    if ('none' in pair) noPair[pair.none] = (noPair[pair.none] ?? 0) + 1;
    else pairs++;
  }
  const facts = judgeFacts(rollouts);
  return {
    iteration: place.iteration,
    arm: place.arm,
    prompts: rollouts.length,
    candidates: candidates.length,
    malformed: candidates.filter((c) => c.malformed !== null).length,
    pairs,
    noPair,
    ...(place.samples !== undefined && { samples: place.samples }),
    ...(facts && { judge: facts }),
    tokens: {
      prefill: sum(rollouts.map((r) => r.promptTokens.length)),
      decoded: sum(candidates.map((c) => c.tokens.length)),
      trained: sum(steps.map((s) => s.tokens)),
    },
    seconds: {
      generate: sum(rollouts.map((r) => r.seconds.generate)),
      judge: sum(rollouts.map((r) => r.seconds.judge)),
      reference: place.seconds.reference,
      train: sum(steps.map((s) => s.seconds)),
      evaluate: place.seconds.evaluate,
    },
  };
}
