import { Download } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { writeCsv } from '../../../lib/csv';
import { Button } from '../../../ui/Button';
import { saveTableImage } from '../../../ui/chart/table-image';
import { saveText } from '../../../ui/save';
import { NONE } from './evaluation-cells';

/** A cell at the start of a row that names it. */
interface NameCell {
  readonly text: string;
  readonly shown?: ReactNode;
}

export interface ResultRow {
  readonly key: string;
  readonly names: readonly NameCell[];
  /** Lines of text by column: the number first, then notes such as its interval. */
  readonly cells: readonly (readonly string[])[];
  /** Draw a line above the row. */
  readonly begins?: boolean;
  readonly action?: ReactNode;
}

export interface ResultColumn {
  readonly head: string;
  /** Shown above the head. */
  readonly of?: string;
  /** Explanation of the head, as a tooltip. */
  readonly title?: string;
}

interface Props {
  readonly title: string;
  /** Start of the file names. */
  readonly stem: string;
  readonly names: readonly string[];
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly ResultRow[];
  /** Head of the column of actions. */
  readonly action?: string;
  /**
   * Saves the CSV that the worker exports (src/exports), which has more numbers. If absent, the CSV holds the table as
   * shown.
   */
  readonly onCsv?: () => void;
  readonly heading: ReactNode;
}

/** Results of evaluations with their intervals, as a table, CSV and PNG. */
export function ResultTable({ title, stem, names, columns, rows, action, onCsv, heading }: Props) {
  const frame = useRef<HTMLElement>(null);
  const heads = [
    ...names.map((name) => [name]),
    ...columns.map(({ head, of }) => (of === undefined ? [head] : [of, head])),
  ];
  /** The table as shown: texts such as `83%`, in the order of the page. Not the export of all evaluations. */
  const saveShownCsv = () => {
    const lines = rows.map((row) => [
      ...row.names.map(({ text }) => text),
      ...row.cells.map((cell) => cell.join('; ')),
    ]);
    saveText(`${stem}.csv`, 'text/csv', writeCsv({ columns: heads.map((head) => head.join(', ')), rows: lines }));
  };
  const png = () => {
    const host = frame.current;
    if (host === null) return;
    const lines = rows.map((row) => [...row.names.map(({ text }) => [text]), ...row.cells]);
    saveTableImage(`${stem}.png`, title, { heads, rows: lines, names: names.length }, host);
  };
  return (
    <div className="evaluation-of">
      <header className="evaluation-head">
        {heading}
        <Button
          className="button-small"
          disabled={rows.length === 0}
          onClick={onCsv ?? saveShownCsv}
          aria-label={`${title}, CSV`}
        >
          <Download aria-hidden="true" /> CSV
        </Button>
        <Button className="button-small" disabled={rows.length === 0} onClick={png} aria-label={`${title}, PNG`}>
          <Download aria-hidden="true" /> PNG
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section ref={frame} className="scroll table-frame" tabIndex={0} aria-label={title}>
        <table className="evaluation-table">
          <caption className="visually-hidden">{title}, with 95% intervals</caption>
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              {columns.map(({ head, of, title: meaning }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
                <th key={i} scope="col" className="number" title={meaning}>
                  {of !== undefined && <span className="table-of">{of}</span>}
                  {head}
                </th>
              ))}
              {action !== undefined && <th scope="col">{action}</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, names: of, cells, begins, action: does }) => (
              <tr key={key} className={begins ? 'table-begins' : ''}>
                {of.map(({ text, shown }, i) =>
                  i === 0 ? (
                    <th key={names[i]} scope="row">
                      {shown ?? text}
                    </th>
                  ) : (
                    <td key={names[i]}>{shown ?? text}</td>
                  ),
                )}
                {cells.map((lines, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
                  <td key={i} className="number">
                    <Cell lines={lines} />
                  </td>
                ))}
                {action !== undefined && <td>{does}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Cell({ lines: [value = NONE, ...notes] }: { readonly lines: readonly string[] }) {
  if (value === NONE) return <span className="quiet">{NONE}</span>;
  return (
    <>
      {notes.length > 0 ? <strong>{value}</strong> : value}
      {notes.map((note) => (
        <span key={note} className="table-interval">
          {note}
        </span>
      ))}
    </>
  );
}
