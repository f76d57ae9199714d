/**
 * All numbers of a run as one table: a row for every optimiser step and for every evaluation, whose columns begin with `eval_`. Steps of
 * iteration 0 are the warm-up's: their loss is SFT's, and they have no pairs.
 */
import { ARMS } from '../recipe/recipe';
import type { Evaluation } from '../records/evaluations';
import type { RunDetail } from '../records/runs';
import type { SftStep, StepMetrics } from '../records/training';

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
const SFT = [
  'step',
  'steps',
  'loss',
  'grad_norm',
  'learning_rate',
  'tokens',
] as const satisfies readonly (keyof SftStep)[];
const isOfSft = (name: keyof StepMetrics): name is (typeof SFT)[number] => SFT.some((column) => column === name);
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

/** By iteration, arm, step; an iteration's evaluation behind its last step, the seed model's before its warm-up. */
export function metricsTable({
  steps,
  sftSteps,
  evaluations,
}: Pick<RunDetail, 'steps' | 'sftSteps' | 'evaluations'>): Table {
  const rows = [
    ...sftSteps.map((s) => ({
      place: s,
      step: s.step,
      cells: [
        s.iteration,
        s.arm,
        ...STEP.map((name) => (isOfSft(name) ? s[name] : null)),
        ...EVALUATION.map(() => null),
        s.seconds,
      ],
    })),
    ...steps.map((s) => ({
      place: s,
      step: s.step,
      cells: [s.iteration, s.arm, ...STEP.map((name) => s[name]), ...EVALUATION.map(() => null), s.seconds],
    })),
    ...evaluations.map((e) => ({
      place: e,
      step: e.iteration === 0 ? 0 : Number.POSITIVE_INFINITY,
      cells: [e.iteration, e.arm, ...STEP.map(() => null), ...EVALUATION.map((name) => e[name]), e.seconds],
    })),
  ].sort(
    (a, b) =>
      a.place.iteration - b.place.iteration ||
      ARMS.indexOf(a.place.arm) - ARMS.indexOf(b.place.arm) ||
      a.step - b.step,
  );
  return {
    columns: ['iteration', 'arm', ...STEP, ...EVALUATION.map((name) => EVALUATION_COLUMNS[name]), 'seconds'],
    rows: rows.map((row) => row.cells),
  };
}
