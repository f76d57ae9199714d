import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Arm } from '../../../recipe/recipe';
import type { Evaluation, WinRate } from '../../../records/evaluations';
import { MEASURE_NAMES } from '../../../records/evaluations';
import type { RunDetail } from '../../../records/runs';
import { exportEvaluations } from '../../../state/runs/run-actions';
import { IconButton } from '../../../ui/Button';
import { measureOf } from '../../../ui/chart/curves';
import { ARM_NAME, count, percent, subscript } from '../../../ui/format';
import { saveText } from '../../../ui/save';
import { saveAdapter, stemOf } from '../Exports';
import { accuracyCell, controlledCell, NONE, rateOf, scoreCell, tokensCell, winCell } from './evaluation-cells';
import { type ResultColumn, ResultTable } from './ResultTable';

interface Column extends ResultColumn {
  readonly cell: (evaluation: Evaluation) => readonly string[];
}

const WINS: readonly { readonly against: WinRate['against']; readonly head: string; readonly title: string }[] = [
  {
    against: 'seed',
    head: 'Wins against seed',
    title:
      'Share of samples preferred over those of the same arm’s model before training. A tie counts ' +
      'as half a win, a malformed sample as a loss.',
  },
  {
    against: 'direct',
    head: 'Wins against direct',
    title:
      'Share of samples preferred over those of the arm that answers at once, after the same ' +
      'iteration. A tie counts as half a win, a malformed sample as a loss.',
  },
];

function columnsOf(evaluations: readonly Evaluation[]): readonly Column[] {
  const wins = WINS.filter(({ against }) => evaluations.some((evaluation) => rateOf(evaluation, against)));
  return [
    { head: 'Accuracy', title: 'Share of samples that the rule marks as right', cell: accuracyCell },
    { head: 'Mean score', title: 'Mean of the judge’s scores of the well-formed samples', cell: scoreCell },
    ...wins.flatMap(({ against, head, title }): Column[] => [
      { head, title, cell: (e) => winCell(e, against) },
      {
        head: 'at equal lengths',
        title: 'Estimated win rate if both responses had the same length',
        cell: (e) => controlledCell(e, against),
      },
    ]),
    { head: 'Malformed', cell: (e) => [percent(e.malformed)] },
    { head: 'Thought, tokens', cell: (e) => tokensCell(e.thoughtTokens) },
    { head: 'Response, tokens', cell: (e) => tokensCell(e.responseTokens) },
    { head: 'Prompts × samples', cell: (e) => [`${count(e.prompts)} × ${e.samples}`] },
  ];
}

interface Props {
  readonly detail: RunDetail;
  readonly heading: ReactNode;
}

/** All evaluations of a run by iteration and arm, with 95% intervals and the adapter of each. */
export function EvaluationTable({ detail: { summary, evaluations, best }, heading }: Props) {
  const sorted = evaluations.toSorted((a, b) => a.iteration - b.iteration || b.arm.localeCompare(a.arm));
  const columns = columnsOf(sorted);
  if (sorted.length === 0)
    return <p className="quiet">No evaluation yet. The first one evaluates the model before training.</p>;
  const rows = sorted.map((row) => {
    const isBest = best?.[row.arm] === row.iteration;
    const name = `M${subscript(row.iteration)}`;
    const measure = MEASURE_NAMES[measureOf(sorted.filter(({ arm }) => arm === row.arm))];
    return {
      key: `${row.iteration}/${row.arm}`,
      begins: row.arm === 'thinking',
      names: [
        {
          text: isBest ? `${name} (best)` : name,
          shown: (
            <>
              {name}
              {isBest && (
                <span className="tag table-best" title={`Highest held-out ${measure} of this arm`}>
                  best
                </span>
              )}
            </>
          ),
        },
        { text: ARM_NAME[row.arm], shown: <span className={`arm-name colour-${row.arm}`}>{ARM_NAME[row.arm]}</span> },
      ],
      cells: columns.map(({ cell }) => cell(row)),
      action:
        row.iteration === 0 ? (
          <span className="quiet">{NONE}</span>
        ) : (
          <AdapterButton detail={{ summary }} iteration={row.iteration} arm={row.arm} />
        ),
    };
  });
  const csv = async () => {
    const text = await exportEvaluations(summary.id);
    if (text !== undefined) saveText(`${stemOf(summary)}-evaluations.csv`, 'text/csv', text);
  };
  return (
    <ResultTable
      title={`Evaluations of ${summary.name}`}
      stem={`${stemOf(summary)}-evaluations`}
      names={['Model', 'Arm']}
      columns={columns}
      rows={rows}
      action="Adapter"
      onCsv={() => void csv()}
      heading={heading}
    />
  );
}

interface AdapterButtonProps {
  readonly detail: Pick<RunDetail, 'summary'>;
  readonly iteration: number;
  readonly arm: Arm;
}

function AdapterButton({ detail: { summary }, iteration, arm }: AdapterButtonProps) {
  return (
    <IconButton
      label={`Adapter after iteration ${iteration}, ${ARM_NAME[arm]}`}
      onClick={() => void saveAdapter(summary, arm, iteration)}
    >
      <Download aria-hidden="true" />
    </IconButton>
  );
}
