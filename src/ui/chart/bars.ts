/** Draws horizontal bars from zero with their intervals on a canvas, one bar for each name. */
import { type ChartTheme, FONT, fade } from './chart-theme';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** 95% confidence interval. */
  readonly interval: readonly [number, number] | null;
}

const ROW = 24;
const AXIS = 20;

/** Height of the chart in CSS pixels. */
export const heightOf = (bars: readonly Bar[]): number => bars.length * ROW + AXIS;

export interface BarStyle {
  /** CSS pixels. */
  readonly width: number;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  readonly format: (value: number) => string;
}

/** Sets the size of the canvas and draws names on the left, values on the right, and the axis below. */
export function drawBars(
  canvas: HTMLCanvasElement,
  bars: readonly Bar[],
  { width, ratio, format }: BarStyle,
  theme: ChartTheme,
): void {
  const height = heightOf(bars);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = 'middle';

  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => context.measureText(text).width));
  const left = Math.min(widest(bars.map(({ name }) => name)), width * 0.35) + 12;
  const right = width - widest(bars.map(({ value }) => format(value))) - 12;
  const ends = bars.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  const [from, to] = roundRange(Math.min(0, ...ends), Math.max(0, ...ends));
  const x = (value: number) => left + ((value - from) / (to - from)) * (right - left);

  context.lineWidth = 1;
  context.textAlign = 'center';
  for (const tick of ticksOf(from, to)) {
    const at = Math.round(x(tick)) + 0.5;
    context.strokeStyle = tick === 0 ? theme.text : theme.line;
    context.beginPath();
    context.moveTo(at, 0);
    context.lineTo(at, height - AXIS);
    context.stroke();
    context.fillStyle = theme.text;
    context.fillText(format(tick), Math.min(at, width - 20), height - AXIS / 2);
  }

  bars.forEach(({ name, value, interval }, row) => {
    const middle = row * ROW + ROW / 2;
    const colour = theme.colours[value >= 0 ? 'thinking' : 'direct'];
    context.fillStyle = fade(colour, 0.45);
    context.fillRect(Math.min(x(0), x(value)), middle - 7, Math.abs(x(value) - x(0)), 14);
    if (interval) {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x(interval[0]), middle);
      context.lineTo(x(interval[1]), middle);
      for (const bound of interval) {
        context.moveTo(x(bound), middle - 3);
        context.lineTo(x(bound), middle + 3);
      }
      context.stroke();
    }
    context.fillStyle = theme.strong;
    context.textAlign = 'right';
    context.fillText(shortened(context, name, left - 12), left - 8, middle);
    context.fillText(format(value), width - 4, middle);
  });
}

/** Widens the range so that both ends are on a tick. */
function roundRange(low: number, high: number): [number, number] {
  if (low === high) return [-1, 1];
  const step = stepOf(low, high);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** Distance of ticks: 1, 2 or 5 times a power of ten, for about four ticks. */
function stepOf(low: number, high: number): number {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((one) => one * power >= rough) ?? 10);
}

function ticksOf(from: number, to: number): number[] {
  const step = stepOf(from, to);
  const first = Math.ceil(from / step - 1e-9);
  // `|| 0` turns −0 into 0, which would be printed with its sign.
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step || 0);
}

function shortened(context: CanvasRenderingContext2D, text: string, maxWidth: number): string {
  if (context.measureText(text).width <= maxWidth) return text;
  let end = text.length;
  while (end > 0 && context.measureText(`${text.slice(0, end)}…`).width > maxWidth) end--;
  return `${text.slice(0, end)}…`;
}
