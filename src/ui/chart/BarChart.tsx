import { lazy, Suspense } from 'react';
import type { CsvTable } from '../../lib/csv';
import { type Bar, heightOf } from './bars';
import { ChartFrame } from './ChartFrame';
import { saveChartImage } from './chart-image';

const BarCanvas = lazy(() => import('./BarCanvas'));

interface Props {
  readonly title: string;
  /** What the bars measure, in which unit. */
  readonly unit: string;
  readonly explanation: string;
  readonly bars: readonly Bar[];
  /** Of a bar's value; it may say more than the bars do. */
  readonly table: CsvTable;
  readonly format: (value: number) => string;
  /** Of the table's numbers. */
  readonly tableFormat: (value: number) => string;
}

/** Bars by name, as a chart, a table, CSV and PNG. */
export function BarChart({ title, unit, explanation, bars, table, format, tableFormat }: Props) {
  const said = bars.map(({ name, value }) => `${name}: ${format(value)}`).join('; ');
  return (
    <ChartFrame
      title={title}
      explanation={explanation}
      level={2}
      table={table}
      format={tableFormat}
      onImage={async (file, canvasOf) => {
        await import('./BarCanvas');
        await new Promise(requestAnimationFrame);
        const canvas = canvasOf();
        if (canvas) saveChartImage(file, canvas, `${title}, ${unit}`, []);
      }}
    >
      <div className="chart-body" role="img" aria-label={`${title}, ${unit}. ${explanation} ${said}.`}>
        <Suspense fallback={<div style={{ height: heightOf(bars) }} />}>
          <BarCanvas bars={bars} format={format} />
        </Suspense>
      </div>
    </ChartFrame>
  );
}
