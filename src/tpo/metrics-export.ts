/** All numbers of a run as one table: a row for every optimiser step and for every evaluation, whose columns begin with `eval_`. */
import { ARMS } from '../recipe/recipe';
import type { Evaluation, StepMetrics } from './types';

const STEP = [
  'step',
  'steps',
  'loss',
  'rewards/chosen',
  'rewards/rejected',
  'rewards/accuracies',
  'rewards/margins',
  'logps/chosen',
  'logps/rejected',
  'grad_norm',
  'learning_rate',
  'tokens',
] as const satisfies readonly (keyof StepMetrics)[];
const EVALUATION = [
  'prompts',
  'samples',
  'accuracy',
  'meanScore',
  'malformed',
  'thoughtTokens',
  'responseTokens',
] as const satisfies readonly (keyof Evaluation)[];

const EVALUATION_COLUMNS: Record<(typeof EVALUATION)[number], string> = {
  prompts: 'eval_prompts',
  samples: 'eval_samples',
  accuracy: 'eval_accuracy',
  meanScore: 'eval_mean_score',
  malformed: 'eval_malformed',
  thoughtTokens: 'eval_thought_tokens',
  responseTokens: 'eval_response_tokens',
};

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** By iteration, arm, step; an iteration's evaluation behind its last step. */
export function metricsTable(steps: readonly StepMetrics[], evaluations: readonly Evaluation[]): Table {
  const rows = [
    ...steps.map((s) => ({
      place: s,
      step: s.step,
      cells: [s.iteration, s.arm, ...STEP.map((name) => s[name]), ...EVALUATION.map(() => null), s.seconds],
    })),
    ...evaluations.map((e) => ({
      place: e,
      step: Number.POSITIVE_INFINITY,
      cells: [e.iteration, e.arm, ...STEP.map(() => null), ...EVALUATION.map((name) => e[name]), e.seconds],
    })),
  ].sort(
    (a, b) => a.place.iteration - b.place.iteration || ARMS.indexOf(a.place.arm) - ARMS.indexOf(b.place.arm) || a.step - b.step,
  );
  return {
    columns: ['iteration', 'arm', ...STEP, ...EVALUATION.map((name) => EVALUATION_COLUMNS[name]), 'seconds'],
    rows: rows.map((row) => row.cells),
  };
}
