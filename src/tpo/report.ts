/** A run as `report.json`, version 1: numbers only, in the order in which they came. */
import type { DeviceInfo, Report, RunDetail } from '../worker/protocol';

export function buildReport(
  { summary, evaluations, iterations, steps }: Pick<RunDetail, 'summary' | 'evaluations' | 'iterations' | 'steps'>,
  {
    device,
    memory,
    adapter,
  }: { readonly device: DeviceInfo; readonly memory: Report['memory']; readonly adapter: Report['adapter'] },
): Report {
  return {
    version: 1,
    recipe: summary.recipe,
    device,
    evaluations: evaluations.map(
      ({ iteration, arm, prompts, accuracy, meanScore, malformed, thoughtTokens, responseTokens }) => ({
        iteration,
        arm,
        prompts,
        accuracy,
        meanScore,
        malformed,
        thoughtTokens,
        responseTokens,
      }),
    ),
    iterations: iterations.map(({ iteration, arm, prompts, candidates, malformed, pairs, noPair, tokens, seconds }) => {
      const own = steps.filter((s) => s.iteration === iteration && s.arm === arm).sort((a, b) => a.step - b.step);
      return {
        iteration,
        arm,
        prompts,
        candidates,
        malformed,
        pairs,
        noPair: { ...noPair },
        train: {
          steps: own.length,
          loss: own.map((s) => s.loss),
          'rewards/accuracies': own.map((s) => s['rewards/accuracies']),
          'rewards/margins': own.map((s) => s['rewards/margins']),
          'logps/chosen': own.map((s) => s['logps/chosen']),
          'logps/rejected': own.map((s) => s['logps/rejected']),
          grad_norm: own.map((s) => s.grad_norm),
          learning_rate: own.map((s) => s.learning_rate),
        },
        tokens,
        seconds,
      };
    }),
    memory,
    adapter,
  };
}
