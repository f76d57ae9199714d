/** The machine-readable report of a run. */
import type { DeviceInfo } from '../records/device';
import type { Report } from '../records/report';
import type { RunDetail } from '../records/runs';
import type { IterationSummary, SftStep } from '../records/training';

export function buildReport(
  { summary, evaluations, iterations, steps, sftSteps }: Omit<RunDetail, 'warnings' | 'progress'>,
  {
    device,
    memory,
    adapter,
  }: { readonly device: DeviceInfo; readonly memory: Report['memory']; readonly adapter: Report['adapter'] },
): Report {
  const trained = iterations.filter(({ iteration }) => iteration > 0);
  const warmUp = iterations.find(({ iteration }) => iteration === 0);
  return {
    version: 1,
    recipe: summary.recipe,
    ...(summary.lanes !== undefined && { lanes: summary.lanes }),
    device,
    evaluations: evaluations.map(
      ({
        iteration,
        arm,
        prompts,
        checkable = null,
        accuracy,
        meanScore,
        malformed,
        thoughtTokens,
        responseTokens,
        judge,
        winRates,
      }) => ({
        iteration,
        arm,
        prompts,
        checkable,
        accuracy,
        meanScore,
        malformed,
        thoughtTokens,
        responseTokens,
        judge,
        winRates,
      }),
    ),
    iterations: trained.map(
      ({ iteration, arm, prompts, candidates, malformed, pairs, noPair, tokens, seconds, judge }) => {
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
          judge: judge ?? null,
        };
      },
    ),
    ...(warmUp && { warmUp: warmUpOf(warmUp, sftSteps) }),
    memory,
    adapter,
  };
}

function warmUpOf(summary: IterationSummary, steps: readonly SftStep[]): NonNullable<Report['warmUp']> {
  const { arm, prompts, candidates, malformed, samples = 0, tokens, seconds } = summary;
  return {
    arm,
    prompts,
    candidates,
    malformed,
    samples,
    train: {
      steps: steps.length,
      loss: steps.map((s) => s.loss),
      grad_norm: steps.map((s) => s.grad_norm),
      learning_rate: steps.map((s) => s.learning_rate),
    },
    tokens,
    seconds: { generate: seconds.generate, train: seconds.train },
  };
}
