/** The canvas of a line chart. It follows its source, its size and the theme without rendering React. */
import { useEffect, useRef } from 'react';
import type uPlot from 'uplot';
import type { ChartData, ChartSource } from './chart-data';
import { readTheme } from './chart-theme';
import { makePlot, type PlotStyle, toPlotData } from './plot';

interface Props extends Omit<PlotStyle, 'width'> {
  readonly source: ChartSource;
  /** Receives the index on x under the cursor, or null when the cursor leaves the chart. */
  readonly onCursor: (index: number | null) => void;
}

/** Shortest time between two drawings of the curves. */
const REDRAW_MS = 250;

/** When this changes, the plot is rebuilt; otherwise only its values are replaced. */
const shapeOf = (data: ChartData) => data.series.map((s) => `${s.label}${s.colour}${s.dash}`).join();

export default function ChartCanvas({
  source,
  onCursor,
  height,
  log,
  smoothing,
  xRange,
  yRange,
  points,
  format,
  xFormat,
}: Props) {
  const host = useRef<HTMLDivElement>(null);
  const xKey = xRange?.join();
  const yKey = yRange?.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ranges by value
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let data = source.read();
    let shape = '';
    let plot: uPlot | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;

    const build = () => {
      plot?.destroy();
      plot = null;
      const width = element.clientWidth;
      if (width === 0) return;
      shape = shapeOf(data);
      const style = { width, height, log, smoothing, xRange, yRange, points, format, xFormat };
      plot = makePlot(element, data, style, readTheme(element), () => data);
      plot.over.addEventListener('mousemove', () => onCursor(plot?.cursor.idx ?? null));
      plot.over.addEventListener('mouseleave', () => onCursor(null));
    };
    const update = () => {
      timer = null;
      data = source.read();
      if (plot === null || shapeOf(data) !== shape) build();
      else plot.setData(toPlotData(data, smoothing));
    };
    build();

    const leave = source.subscribe(() => {
      timer ??= setTimeout(update, REDRAW_MS);
    });
    const resized = new ResizeObserver(() => {
      if (plot === null) build();
      else if (Math.abs(plot.width - element.clientWidth) >= 1) plot.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    const themed = new MutationObserver(build);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', build);
    let gone = false;
    void document.fonts.ready.then(() => gone || plot?.redraw());

    return () => {
      gone = true;
      if (timer !== null) clearTimeout(timer);
      leave();
      resized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', build);
      plot?.destroy();
    };
  }, [source, onCursor, height, log, smoothing, xKey, yKey, points, format, xFormat]);

  return <div ref={host} className="chart-canvas" style={{ height }} aria-hidden="true" />;
}
