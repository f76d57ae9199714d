import type { Evaluation } from '../../../records/evaluations';
import { allAccurate, categoryResults } from '../../../records/evaluations';
import type { RunDetail } from '../../../records/runs';
import { BOTH_ARMS } from '../../../ui/chart/curves';
import { ARM_NAME, count, percent, subscript } from '../../../ui/format';
import { stemOf } from '../Exports';
import { accuracyCell, bounded, NONE, rateOf, scoreCell } from './evaluation-cells';
import { type ResultColumn, ResultTable } from './ResultTable';

interface Props {
  readonly detail: RunDetail;
  /** Null shows the newest. */
  readonly iteration: number | null;
  readonly onIteration: (iteration: number) => void;
}

interface Column extends ResultColumn {
  readonly cell: (category: string) => readonly string[];
}

/** The columns of one arm. */
function columnsOf(evaluation: Evaluation): Column[] {
  const of = ARM_NAME[evaluation.arm];
  const results = new Map(categoryResults(evaluation).map((result) => [result.category, result]));
  const rate = rateOf(evaluation, 'seed');
  const read = (cell: typeof accuracyCell | typeof scoreCell) => (category: string) => {
    const result = results.get(category);
    return result ? cell(result) : [NONE];
  };
  return [
    { of, head: 'accuracy', cell: read(accuracyCell) },
    ...(allAccurate([...results.values()]) ? [] : [{ of, head: 'mean score', cell: read(scoreCell) }]),
    {
      of,
      head: 'wins against seed',
      cell: (category) => bounded(rate?.byCategory[category], rate?.byCategoryInterval?.[category], percent),
    },
  ];
}

/** Results on held-out prompts by category and arm, after one iteration. */
export function CategoryTable({ detail: { summary, evaluations }, iteration: selected, onIteration }: Props) {
  const categorised = evaluations.filter((evaluation) => categoryResults(evaluation).length > 0);
  const iterations = [...new Set(categorised.map(({ iteration }) => iteration))].sort((a, b) => a - b);
  const iteration = iterations.find((one) => one === selected) ?? iterations.at(-1);
  if (iteration === undefined) return null;
  const shown = BOTH_ARMS.flatMap(
    (arm) => categorised.find((one) => one.arm === arm && one.iteration === iteration) ?? [],
  );
  const results = shown.flatMap(categoryResults);
  const names = [...new Set(results.map(({ category }) => category))].sort();
  const columns = shown.flatMap(columnsOf).filter(({ cell }) => names.some((name) => cell(name)[0] !== NONE));
  const prompts = (name: string) => results.find(({ category }) => category === name)?.prompts ?? null;
  return (
    <ResultTable
      title={`By category, after M${subscript(iteration)}, ${summary.name}`}
      stem={`${stemOf(summary)}-categories-${iteration}`}
      names={['Category']}
      columns={[...columns, { head: 'Prompts' }]}
      rows={names.map((name) => {
        const number = prompts(name);
        return {
          key: name,
          names: [{ text: name }],
          cells: [...columns.map(({ cell }) => cell(name)), [number === null ? NONE : count(number)]],
        };
      })}
      heading={
        <>
          <h3>By category</h3>
          <label className="category-model">
            after{' '}
            <select
              className="input"
              value={iteration}
              onChange={(event) => onIteration(Number(event.currentTarget.value))}
              aria-label="Iteration of the table by category"
            >
              {iterations.map((one) => (
                <option key={one} value={one}>
                  M{subscript(one)}
                </option>
              ))}
            </select>
          </label>
        </>
      }
    />
  );
}
