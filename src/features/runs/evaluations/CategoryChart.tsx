import { useMemo } from 'react';
import type { CsvTable } from '../../../lib/csv';
import type { CategoryDifferences, Evaluation } from '../../../records/evaluations';
import { categoryResults } from '../../../records/evaluations';
import { BarChart } from '../../../ui/chart/BarChart';
import { measured, percent, subscript } from '../../../ui/format';
import { scoreText } from './evaluation-cells';

const points = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(100 * value).toFixed(0)}`;
const signed = (value: number) => `${value > 0 ? '+' : ''}${measured(value)}`;

interface Words {
  readonly unit: string;
  readonly what: string;
  readonly format: (value: number) => string;
}

const WORDS: Readonly<Record<CategoryDifferences['measure'], Words>> = {
  accuracy: { unit: 'percentage points of accuracy', what: 'Accuracy', format: points },
  score: { unit: 'mean score', what: 'Mean score', format: signed },
  wins: { unit: 'percentage points of samples won minus samples lost', what: 'Share of samples won', format: points },
};

interface Props {
  readonly evaluations: readonly Evaluation[];
  /** Null shows the newest. */
  readonly iteration: number | null;
  readonly onIteration: (iteration: number) => void;
}

/** Difference between the arms by category, as in the paper: where thinking helps, and where it hurts. */
export function CategoryChart({ evaluations, iteration: selected, onIteration }: Props) {
  const compared = useMemo(
    () => evaluations.filter((one) => one.differences !== undefined).toSorted((a, b) => a.iteration - b.iteration),
    [evaluations],
  );
  const shown = compared.find(({ iteration }) => iteration === selected) ?? compared.at(-1);
  if (shown?.differences === undefined) return null;
  const { measure, categories } = shown.differences;
  const { unit, what, format } = WORDS[measure];
  const direct = evaluations.find(({ arm, iteration }) => arm === 'direct' && iteration === shown.iteration);
  return (
    <div className="category-chart">
      <BarChart
        title="Thinking − direct by category"
        unit={`${unit}, after M${subscript(shown.iteration)}`}
        explanation={
          `${what} of the arm that thinks first minus that of the arm that answers at once, after ` +
          'the same iteration, for each category of held-out prompts. Categories with at least five ' +
          'prompts have 95% intervals.'
        }
        bars={categories.map(({ category, difference, interval }) => ({
          name: category,
          value: difference,
          interval,
        }))}
        table={tableOf(shown, direct)}
        format={format}
        tableFormat={measure === 'score' ? scoreText : (value) => percent(value).replace('-', '−')}
      />
      <label className="category-model">
        {unit}, after{' '}
        <select
          className="input"
          value={shown.iteration}
          onChange={(event) => onIteration(Number(event.currentTarget.value))}
          aria-label="Iteration of the chart by category"
        >
          {compared.map(({ iteration }) => (
            <option key={iteration} value={iteration}>
              M{subscript(iteration)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function tableOf(own: Evaluation, direct: Evaluation | undefined): CsvTable {
  const { differences } = own;
  // Only accuracies exist for each arm; a share of samples won is one number for both.
  const compared = differences?.measure === 'accuracy' ? [own, direct] : [];
  const accuracies = compared.map(
    (one) => new Map((one ? categoryResults(one) : []).map(({ category, accuracy }) => [category, accuracy])),
  );
  return {
    columns: [
      'category',
      ...(accuracies.length > 0 ? ['thinks first', 'answers at once'] : []),
      'difference',
      'difference, 95% from',
      'difference, 95% to',
    ],
    rows: (differences?.categories ?? []).map(({ category, difference, interval }) => [
      category,
      ...accuracies.map((of) => of.get(category) ?? null),
      difference,
      interval?.[0] ?? null,
      interval?.[1] ?? null,
    ]),
  };
}
