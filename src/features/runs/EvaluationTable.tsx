import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import { ARM_NAME } from '../../ui/arm-name';
import { IconButton } from '../../ui/Button';
import { count, measured, percent, subscript } from '../../ui/format';
import type { Arm, Evaluation, RunDetail, WinRate } from '../../worker/protocol';
import { saveAdapter } from './save-adapter';

interface Column {
  readonly head: string;
  /** What the head means, where it does not say it all. */
  readonly title?: string;
  readonly cell: (evaluation: Evaluation) => ReactNode;
}

type Interval = readonly [number, number] | null;

const dash = <span className="quiet">–</span>;

/** All with as many digits, whatever the judge's scale. */
const score = (value: number): string => (Math.abs(value) < 100 ? value.toFixed(3).replace('-', '−') : measured(value));

/** A number with its 95% interval. */
function bounded(value: number | null | undefined, interval: Interval | undefined, format: (value: number) => string): ReactNode {
  if (value === null || value === undefined) return dash;
  return (
    <>
      <strong>{format(value)}</strong>
      {interval && <span className="table-interval">{interval.map((bound) => format(bound)).join(' – ')}</span>}
    </>
  );
}

const rateOf = ({ winRates }: Evaluation, against: WinRate['against']) => winRates.find((rate) => rate.against === against);

const WINS: readonly { readonly against: WinRate['against']; readonly head: string; readonly title: string }[] = [
  {
    against: 'seed',
    head: 'Wins against seed',
    title: 'Samples preferred to those of the same arm’s model before training; a tie is half a win',
  },
  {
    against: 'direct',
    head: 'Wins against direct',
    title: 'Samples preferred to those of the arm that answers at once, after the same iteration; a tie is half a win',
  },
];
const CONTROLLED = 'What a logistic regression predicts without the difference of lengths, after AlpacaEval 2';

function columnsOf(evaluations: readonly Evaluation[]): readonly Column[] {
  const wins = WINS.filter(({ against }) => evaluations.some((evaluation) => rateOf(evaluation, against)));
  return [
    {
      head: 'Accuracy',
      title: 'Samples that the rule finds right',
      cell: (e) => bounded(e.accuracy, e.accuracyInterval, percent),
    },
    {
      head: 'Mean score',
      title: 'The judge’s, of well-formed samples',
      cell: (e) => bounded(e.meanScore, e.meanScoreInterval, score),
    },
    ...wins.flatMap(({ against, head, title }): Column[] => [
      { head, title, cell: (e) => bounded(rateOf(e, against)?.rate, rateOf(e, against)?.interval, percent) },
      {
        head: 'at equal lengths',
        title: CONTROLLED,
        cell: (e) => bounded(rateOf(e, against)?.lengthControlled, rateOf(e, against)?.lengthControlledInterval, percent),
      },
    ]),
    { head: 'Malformed', cell: (e) => percent(e.malformed) },
    { head: 'Thought, tokens', cell: (e) => e.thoughtTokens.toFixed(1) },
    { head: 'Response, tokens', cell: (e) => e.responseTokens.toFixed(1) },
    { head: 'Prompts × samples', cell: (e) => `${count(e.prompts)} × ${e.samples}` },
  ];
}

/** Every evaluation of a run, iteration by arm, with 95% intervals, and the adapter that it was of. */
export function EvaluationTable({ detail: { summary, evaluations, best } }: { readonly detail: RunDetail }) {
  const rows = evaluations.toSorted((a, b) => a.iteration - b.iteration || b.arm.localeCompare(a.arm));
  const columns = columnsOf(rows);
  if (rows.length === 0) return <p className="quiet">The first evaluation is of the model before training.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll table-frame" tabIndex={0} aria-label={`Evaluations of ${summary.name}`}>
      <table className="evaluation-table">
        <caption className="visually-hidden">Held-out evaluations of {summary.name}, with 95% intervals</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Arm</th>
            {columns.map(({ head, title }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
              <th key={i} scope="col" className="number" title={title}>
                {head}
              </th>
            ))}
            <th scope="col">Adapter</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.iteration}/${row.arm}`} className={row.arm === 'thinking' ? 'table-begins' : ''}>
              <th scope="row">
                M{subscript(row.iteration)}
                {best?.[row.arm] === row.iteration && (
                  <span className="tag table-best" title="Highest held-out score of this arm">
                    best
                  </span>
                )}
              </th>
              <td className={`arm-name colour-${row.arm}`}>{ARM_NAME[row.arm]}</td>
              {columns.map(({ cell }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
                <td key={i} className="number">
                  {cell(row)}
                </td>
              ))}
              <td>{row.iteration === 0 ? dash : <AdapterButton detail={{ summary }} {...row} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
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
