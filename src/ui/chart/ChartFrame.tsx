import { type ReactNode, useId, useState } from 'react';
import { type CsvTable, writeCsv } from '../../lib/csv';
import { IconButton } from '../Button';
import { saveText } from '../save';
import { ChartTable } from './ChartTable';
import './chart.css';

interface Props {
  readonly title: string;
  /** One sentence: what is measured, of what, and what to look for. */
  readonly explanation: string;
  readonly level: 2 | 3;
  readonly table: CsvTable;
  readonly format: (value: number) => string;
  /** Buttons before those that every chart has. */
  readonly tools?: ReactNode;
  /** Saves it. @param canvasOf the drawing, once it is there */
  readonly onImage: (file: string, canvasOf: () => HTMLCanvasElement | null) => void;
  /** The drawing. */
  readonly children: ReactNode;
}

/** What every chart has: its title, its values as a table and as CSV, its picture as PNG. */
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
