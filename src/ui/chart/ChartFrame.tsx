import { type ReactNode, useId, useState } from 'react';
import { type CsvTable, writeCsv } from '../../lib/csv';
import { IconButton } from '../Button';
import { saveText } from '../save';
import './chart.css';

interface Props {
  readonly title: string;
  /** One sentence: what is measured, on what, and what to look for. */
  readonly explanation: string;
  readonly level: 2 | 3;
  readonly table: CsvTable;
  readonly format: (value: number) => string;
  /** Further buttons of this chart. */
  readonly tools?: ReactNode;
  /** Saves the chart as an image. @param canvasOf returns the canvas once it has been drawn */
  readonly onImage: (file: string, canvasOf: () => HTMLCanvasElement | null) => void;
  /** The chart itself. */
  readonly children: ReactNode;
}

/** The frame of every chart: title, values as a table and CSV, and the image as PNG. */
export function ChartFrame({ title, explanation, level, table, format, tools, onImage, children }: Props) {
  const [shown, setShown] = useState(false);
  const id = useId();
  const Heading = level === 2 ? 'h2' : 'h3';
  const file = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head">
        <Heading id={id} className="chart-title" title={explanation}>
          {title}
        </Heading>
        <span className="chart-tools">
          {tools}
          <IconButton label={`Table of ${title}`} pressed={shown} onClick={() => setShown(!shown)}>
            table
          </IconButton>
          <IconButton
            label={`Save ${title} as CSV`}
            onClick={() => saveText(`${file}.csv`, 'text/csv', writeCsv(table))}
          >
            CSV
          </IconButton>
          <IconButton
            label={`Save ${title} as PNG`}
            onClick={(event) => {
              const figure = event.currentTarget.closest('figure');
              onImage(`${file}.png`, () => figure?.querySelector('canvas') ?? null);
            }}
          >
            PNG
          </IconButton>
        </span>
      </figcaption>
      {children}
      {shown && <ChartTable table={table} title={title} format={format} />}
    </figure>
  );
}

/** A longer table shows every n-th row. The CSV has all rows. */
const MOST_ROWS = 500;

interface TableProps {
  readonly table: CsvTable;
  readonly title: string;
  readonly format: (value: number) => string;
}

function ChartTable({ table, title, format }: TableProps) {
  const every = Math.ceil(table.rows.length / MOST_ROWS);
  const rows = table.rows.filter((_, i) => i % every === 0 || i === table.rows.length - 1);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="chart-table scroll" tabIndex={0} aria-label={`Values of ${title}`}>
      <table>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            {table.columns.map((name) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((value, column) => (
                <td key={table.columns[column]} className={typeof value === 'string' ? '' : 'number'}>
                  {value === null ? '–' : column === 0 || typeof value === 'string' ? value : format(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {every > 1 && (
        <p className="quiet">
          Only every {every === 2 ? 'second' : every === 3 ? 'third' : `${every}th`} row is shown. The CSV has all
          rows.
        </p>
      )}
    </section>
  );
}
