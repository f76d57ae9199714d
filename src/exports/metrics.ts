/**
 * The CSV of a run's metrics: a row per optimiser step and a row per evaluation. Columns of evaluations begin
 * with `eval_`. Steps of iteration 0 belong to the warm-up: their loss is the SFT loss, and their columns of pairs are
 * empty.
 */
import { type CsvTable, writeCsv } from '../lib/csv';
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
const isSftColumn = (name: keyof StepMetrics): name is (typeof SFT)[number] => SFT.some((column) => column === name);
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

type RunMetrics = Pick<RunDetail, 'steps' | 'sftSteps' | 'evaluations'>;

/** The CSV file, as text: a header row and the rows of `metricsTable`. */
export const metricsCsv = (metrics: RunMetrics): string => writeCsv(metricsTable(metrics));

/**
 * Rows are ordered by iteration, arm and step. The evaluation of an iteration follows its last step; that of the seed
 * model comes before the warm-up.
 */
export function metricsTable({ steps, sftSteps, evaluations }: RunMetrics): CsvTable {
  const rows = [
    ...sftSteps.map((s) => ({
      place: s,
      step: s.step,
      cells: [
        s.iteration,
        s.arm,
        ...STEP.map((name) => (isSftColumn(name) ? s[name] : null)),
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
