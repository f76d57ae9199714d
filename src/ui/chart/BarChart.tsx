import { lazy, Suspense } from 'react';
import type { CsvTable } from '../../lib/csv';
import { type Bar, heightOf } from './bars';
import { ChartFrame } from './ChartFrame';
import { saveChartImage } from './chart-image';

const BarCanvas = lazy(() => import('./BarCanvas'));

interface Props {
  readonly title: string;
  /** Unit of the bars' values, e.g. "percentage points of accuracy". */
  readonly unit: string;
  readonly explanation: string;
  readonly bars: readonly Bar[];
  /** The values as a table. It may have more columns than the chart shows. */
  readonly table: CsvTable;
  /** Format of the bars' values. */
  readonly format: (value: number) => string;
  /** Format of the table's numbers. */
  readonly tableFormat: (value: number) => string;
}

/** A bar for each name, as a chart, a table, CSV and PNG. */
export function BarChart({ title, unit, explanation, bars, table, format, tableFormat }: Props) {
  const values = bars.map(({ name, value }) => `${name}: ${format(value)}`).join('; ');
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
      <div className="chart-body" role="img" aria-label={`${title}, ${unit}. ${explanation} ${values}.`}>
        <Suspense fallback={<div style={{ height: heightOf(bars) }} />}>
          <BarCanvas bars={bars} format={format} />
        </Suspense>
      </div>
    </ChartFrame>
  );
}
