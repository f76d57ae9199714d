/** The data of a chart, independent of how it is drawn. */
import type { CsvTable } from '../../lib/csv';

/** `thinking` and `direct` are the arms. The others are for further runs in a comparison. */
export type Colour = 'thinking' | 'direct' | 'third' | 'fourth';

export interface Series {
  readonly label: string;
  /** Label in the legend of a small chart, where the colour already shows the arm. */
  readonly short?: string;
  readonly colour: Colour;
  /** Dashed lines are for the rejected and the thought, solid lines for the chosen and the response. */
  readonly dash: boolean;
  /** Values at the chart's x; null where there is none. */
  readonly values: readonly (number | null)[];
  /** 95% interval of each value. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** The values are counts of intervals that start at x, drawn as bars. */
  readonly bars?: boolean;
  /** The last value is not final and is drawn as an open dot. */
  readonly open?: boolean;
}

export interface ChartData {
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** Vertical lines where something starts, e.g. an iteration. */
  readonly marks: readonly { readonly at: number; readonly label: string }[];
  /** A horizontal reference line, e.g. at one half for win rates. */
  readonly level?: number;
}

/** A chart reads its source again when it is notified, without rendering a component. */
export interface ChartSource {
  subscribe(listener: () => void): () => void;
  read(): ChartData;
}

/**
 * Exponential moving average with bias correction, so that it starts at the first value. Nulls are kept and skipped.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let mean = 0;
  let mass = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}

/** The values of a chart, with intervals in columns of their own. */
export function toTable(data: ChartData, xLabel: string): CsvTable {
  const columns = data.series.flatMap((series) => {
    const own = [{ label: series.label, values: series.values }];
    if (series.low) own.push({ label: `${series.label}, 95% from`, values: series.low });
    if (series.high) own.push({ label: `${series.label}, 95% to`, values: series.high });
    return own;
  });
  return {
    columns: [xLabel, ...columns.map((column) => column.label)],
    rows: data.x.map((x, row) => [x, ...columns.map((column) => column.values[row] ?? null)]),
  };
}
