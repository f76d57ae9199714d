/** What a chart shows, apart from how it is drawn. */
import type { CsvTable } from '../../lib/csv';

/** `thinking` and `direct` are the arms; the others tell further runs apart. */
export type Colour = 'thinking' | 'direct' | 'third' | 'fourth';

export interface Series {
  readonly label: string;
  /** In the legend of a small chart, where the colour already tells the arm. */
  readonly short?: string;
  readonly colour: Colour;
  /** Solid lines for the chosen and the response, dashed for the rejected and the thought. */
  readonly dash: boolean;
  /** On the chart's x; null where there is none. */
  readonly values: readonly (number | null)[];
  /** 95% interval of each value. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** Counts of intervals that begin at x: drawn as bars. */
  readonly bars?: boolean;
  /** The last value is not final: it is drawn open. */
  readonly open?: boolean;
}

export interface ChartData {
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** Places on x where something begins, e.g. an iteration. */
  readonly marks: readonly { readonly at: number; readonly label: string }[];
  /** A value that lines are held against, e.g. one half of a win rate. */
  readonly level?: number;
}

/** A chart reads when its source says that something changed; no component renders for it. */
export interface ChartSource {
  subscribe(listener: () => void): () => void;
  read(): ChartData;
}

/** Exponential mean with its start corrected, so that it begins at the first value; nulls stay and are passed over. */
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
