import { lazy, Suspense, useState } from 'react';
import { IconButton } from '../Button';
import { useSignal } from '../useSignal';
import { ChartFrame } from './ChartFrame';
import { type ChartData, type ChartSource, toTable } from './chart-data';
import { saveChartImage } from './chart-image';

const ChartCanvas = lazy(() => import('./ChartCanvas'));

export interface ChartProps {
  readonly title: string;
  /** One sentence: what is measured, on what, and what to look for. */
  readonly explanation: string;
  readonly source: ChartSource & { version(): number };
  readonly xLabel: string;
  readonly height: number;
  readonly smoothing?: number;
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  readonly points?: boolean;
  /** Offer a logarithmic axis. */
  readonly mayLog?: boolean;
  readonly format: (value: number) => string;
  readonly xFormat?: (value: number) => string;
  /** Text shown before the first value. */
  readonly empty: string;
  readonly level?: 2 | 3;
}

export function Chart(props: ChartProps) {
  const { title, source, xLabel, height, format, points = false, smoothing = 0, level = 3, xFormat = String } = props;
  useSignal(source, 500);
  const data = source.read();
  const [log, setLog] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const started = data.series.some((series) => series.values.some((value) => value !== null));

  return (
    <ChartFrame
      title={title}
      explanation={props.explanation}
      level={level}
      table={toTable(data, xLabel)}
      format={format}
      tools={
        props.mayLog && (
          <IconButton label={`Logarithmic axis: ${title}`} pressed={log} onClick={() => setLog(!log)}>
            log
          </IconButton>
        )
      }
      onImage={async (file, canvasOf) => {
        // Wait for the drawing code, which is loaded on demand.
        await import('./ChartCanvas');
        await new Promise(requestAnimationFrame);
        const canvas = canvasOf();
        if (canvas) saveChartImage(file, canvas, title, data.series);
      }}
    >
      <Legend data={data} cursor={cursor} format={format} xFormat={xFormat} xLabel={xLabel} short={level === 3} />
      <div className="chart-body" role="img" aria-label={`${title}. ${props.explanation} ${summary(data, format)}`}>
        <Suspense fallback={<div style={{ height }} />}>
          <ChartCanvas
            source={source}
            onCursor={setCursor}
            height={height}
            log={log}
            smoothing={smoothing}
            xRange={props.xRange ?? null}
            yRange={props.yRange ?? null}
            points={points}
            format={format}
            xFormat={xFormat}
          />
        </Suspense>
        {!started && <p className="chart-empty">{props.empty}</p>}
      </div>
    </ChartFrame>
  );
}

interface LegendProps {
  readonly data: ChartData;
  readonly cursor: number | null;
  readonly format: (value: number) => string;
  readonly xFormat: (value: number) => string;
  readonly xLabel: string;
  readonly short: boolean;
}

/** For each series the value under the cursor, otherwise the last value, or the sum of a histogram's bars. */
function Legend({ data, cursor, format, xFormat, xLabel, short }: LegendProps) {
  const x = cursor === null ? null : data.x[cursor];
  return (
    <ul className="legend">
      {data.series.map((series) => {
        const value =
          cursor !== null
            ? (series.values[cursor] ?? null)
            : series.bars
              ? sumOf(series.values)
              : lastOf(series.values);
        return (
          <li key={series.label} className="legend-item">
            <svg className={`legend-line colour-${series.colour}`} width="16" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="16"
                y1="4"
                y2="4"
                stroke="currentColor"
                strokeWidth="2"
                strokeDasharray={series.dash ? '4 3' : undefined}
              />
            </svg>
            {short && series.short !== undefined ? (
              <span>
                {series.short}
                <span className="visually-hidden">{series.label}</span>
              </span>
            ) : (
              series.label
            )}
            <span className="legend-value">{value === null ? '–' : format(value)}</span>
          </li>
        );
      })}
      {x !== null && x !== undefined && (
        <li className="legend-item legend-x">
          {xLabel} {xFormat(x)}
        </li>
      )}
    </ul>
  );
}

const sumOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

function lastOf(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

function summary(data: ChartData, format: (value: number) => string): string {
  const parts = data.series.map((series) => {
    const known = series.values.filter((value) => value !== null);
    const [first] = known;
    const last = known.at(-1);
    return first === undefined || last === undefined
      ? `${series.label}: no value yet`
      : `${series.label}: from ${format(first)} to ${format(last)} over ${known.length} values`;
  });
  return `${parts.join('; ')}.`;
}
