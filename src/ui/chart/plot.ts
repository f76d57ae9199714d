/** Draws a `ChartData` with uPlot. This file and uPlot are loaded when the first chart is shown. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData, Series } from './chart-data';
import { smooth } from './chart-data';
import { type ChartTheme, FONT, fade } from './chart-theme';

export interface PlotStyle {
  readonly width: number;
  readonly height: number;
  readonly log: boolean;
  readonly smoothing: number;
  /** Fixed ranges, so that the axes do not change when values arrive. Null: the range of the data. */
  readonly xRange: readonly [number, number] | null;
  readonly yRange: readonly [number, number] | null;
  /** Draw a dot for each value, for curves of few values. */
  readonly points: boolean;
  readonly format: (value: number) => string;
  readonly xFormat: (value: number) => string;
}

const DASH = [5, 4];
/** Histogram bars: from x to the right, as wide as the interval. */
const bars = uPlot.paths.bars?.({ size: [0.96, 96], align: 1 });

/** The raw lines are drawn behind the smoothed ones: uPlot's series are [x, raw…, smoothed…]. */
export function toPlotData(data: ChartData, smoothing: number): uPlot.AlignedData {
  // Without any x uPlot would draw no axis.
  if (data.x.length === 0) return [[1, 2], ...Array.from({ length: 2 * data.series.length }, () => [null, null])];
  const raw = data.series.map((series) => [...series.values]);
  const drawn = smoothing > 0 ? data.series.map((series) => smooth(series.values, smoothing)) : raw;
  return [[...data.x], ...raw, ...drawn];
}

export function makePlot(
  host: HTMLElement,
  data: ChartData,
  style: PlotStyle,
  theme: ChartTheme,
  latest: () => ChartData,
): uPlot {
  const plural = data.series.length;
  const stroke = (series: Series) => theme.colours[series.colour];
  const line = (series: Series, raw: boolean): uPlot.Series => ({
    label: series.label,
    stroke: raw ? fade(stroke(series), style.smoothing > 0 ? 0.3 : 0) : stroke(series),
    width: raw ? 1 : 1.75,
    spanGaps: true,
    points: { show: false },
    ...(series.dash && { dash: DASH }),
    ...(series.bars && !raw && bars && { paths: bars, fill: fade(stroke(series), 0.45) }),
  });
  const axis = (): uPlot.Axis => ({
    stroke: theme.text,
    font: FONT,
    gap: 4,
    grid: { stroke: theme.line, width: 1 },
    ticks: { show: false },
  });
  const { xRange, yRange } = style;
  return new uPlot(
    {
      width: style.width,
      height: style.height,
      padding: [8, style.points ? 16 : 10, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false }, focus: { prox: 24 } },
      scales: {
        x: { time: false, range: (_, min, max) => (xRange ? [xRange[0], xRange[1]] : [min, Math.max(max, min + 1)]) },
        y: {
          distr: style.log ? 3 : 1,
          range: (_, min, max) => {
            if (yRange && !style.log)
              return [Math.min(yRange[0], min ?? yRange[0]), Math.max(yRange[1], max ?? yRange[1])];
            if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max))
              return style.log ? [0.1, 1] : [0, 1];
            if (min === max && !style.log)
              return [min - Math.max(0.5, Math.abs(min) / 2), max + Math.max(0.5, Math.abs(max) / 2)];
            return style.log ? uPlot.rangeLog(min, max, 10, false) : uPlot.rangeNum(min, max, 0.1, true);
          },
        },
      },
      axes: [
        {
          ...axis(),
          size: 22,
          grid: { show: false },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
          values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? style.xFormat(tick) : '')),
        },
        {
          ...axis(),
          size: (_, values) =>
            Math.max(28, 10 + 6.5 * Math.max(0, ...(values ?? []).map((value) => value?.length ?? 0))),
          space: 20,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : style.format(tick))),
        },
      ],
      series: [{}, ...data.series.map((s) => line(s, true)), ...data.series.map((s) => line(s, false))],
      hooks: {
        drawClear: [(plot) => drawMarks(plot, latest(), theme)],
        draw: [(plot) => style.points && drawPoints(plot, latest(), theme)],
      },
    },
    toPlotData(data, plural > 0 ? style.smoothing : 0),
    host,
  );
}

/** Draws behind the curves: lines where iterations start, and the reference line. */
function drawMarks(plot: uPlot, data: ChartData, theme: ChartTheme): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.strokeStyle = theme.line;
  ctx.fillStyle = theme.text;
  ctx.lineWidth = ratio;
  ctx.font = `${10 * ratio}px "Inter Variable", system-ui, sans-serif`;
  ctx.textAlign = 'left';
  data.marks.forEach((mark, i) => {
    const x = Math.round(plot.valToPos(mark.at, 'x', true)) + 0.5;
    const end = bbox.left + bbox.width;
    if (x < bbox.left || x > end) return;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const next = data.marks[i + 1];
    const room = (next ? plot.valToPos(next.at, 'x', true) : end) - x - 8 * ratio;
    if (ctx.measureText(mark.label).width < room) ctx.fillText(mark.label, x + 4 * ratio, bbox.top + 9 * ratio);
  });
  if (data.level !== undefined) {
    const y = Math.round(plot.valToPos(data.level, 'y', true)) + 0.5;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.strokeStyle = theme.text;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** Draws dots, and the 95% intervals as a band with a whisker at each dot. */
function drawPoints(plot: uPlot, data: ChartData, theme: ChartTheme): void {
  const { ctx } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  for (const series of data.series) {
    const colour = theme.colours[series.colour];
    const points = series.values.flatMap((value, i) => {
      const x = data.x[i];
      if (value === null || x === undefined) return [];
      const at = (y: number | null | undefined) =>
        y === null || y === undefined ? null : plot.valToPos(y, 'y', true);
      return [
        {
          x: plot.valToPos(x, 'x', true),
          y: plot.valToPos(value, 'y', true),
          low: at(series.low?.[i]),
          high: at(series.high?.[i]),
        },
      ];
    });
    const band = points.filter((point) => point.low !== null && point.high !== null);
    ctx.fillStyle = fade(colour, 0.12);
    ctx.beginPath();
    for (const point of band) ctx.lineTo(point.x, point.high ?? 0);
    for (const point of band.toReversed()) ctx.lineTo(point.x, point.low ?? 0);
    ctx.fill();
    ctx.strokeStyle = fade(colour, 0.55);
    ctx.lineWidth = 1.5 * ratio;
    for (const { x, low, high } of band) {
      const cap = 3 * ratio;
      ctx.beginPath();
      ctx.moveTo(x, low ?? 0);
      ctx.lineTo(x, high ?? 0);
      for (const y of [low ?? 0, high ?? 0]) {
        ctx.moveTo(x - cap, y);
        ctx.lineTo(x + cap, y);
      }
      ctx.stroke();
    }
    points.forEach(({ x, y }, i) => {
      const open = series.open === true && i === points.length - 1;
      ctx.beginPath();
      ctx.arc(x, y, (open ? 4 : 3.5) * ratio, 0, 2 * Math.PI);
      ctx.fillStyle = open ? theme.surface : colour;
      ctx.fill();
      ctx.strokeStyle = open ? colour : theme.surface;
      ctx.stroke();
    });
  }
  ctx.restore();
}
