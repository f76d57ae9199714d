/** Saves a table as an image, like the charts. */
import { saveChartImage } from './chart-image';
import { type ChartTheme, FONT, readTheme } from './chart-theme';

export interface TableText {
  /** Lines of text in the head of each column. */
  readonly heads: readonly (readonly string[])[];
  /** Lines of text in each cell; the first is the number. */
  readonly rows: readonly (readonly (readonly string[])[])[];
  /** Number of leading columns that are names. They are aligned to the left. */
  readonly names: number;
}

const LINE = 16;
const GAP = 16;
const PAD = 6;
const STRONG = FONT.replace(/^\d+px/, '600 12px');

function drawTable(
  canvas: HTMLCanvasElement,
  { heads, rows, names }: TableText,
  ratio: number,
  theme: ChartTheme,
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const widthOf = (text: string, font: string) => {
    context.font = font;
    return context.measureText(text).width;
  };
  const widths = heads.map((head, column) =>
    Math.max(
      ...head.map((text) => widthOf(text, FONT)),
      ...rows.flatMap((row) => (row[column] ?? []).map((text, i) => widthOf(text, i === 0 ? STRONG : FONT))),
    ),
  );
  const all = [heads, ...rows];
  const heights = all.map((row) => Math.max(...row.map((lines) => lines.length)) * LINE + PAD);
  const width = widths.reduce((sum, one) => sum + one + GAP, -GAP);
  const height = heights.reduce((sum, one) => sum + one, 0);
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  context.scale(ratio, ratio);
  context.textBaseline = 'middle';
  let top = 0;
  all.forEach((row, i) => {
    let left = 0;
    row.forEach((lines, column) => {
      const own = widths[column] ?? 0;
      context.textAlign = column < names ? 'left' : 'right';
      lines.forEach((text, at) => {
        const strong = i > 0 && at === 0;
        context.font = strong ? STRONG : FONT;
        context.fillStyle = strong ? theme.strong : theme.text;
        context.fillText(text, column < names ? left : left + own, top + PAD / 2 + (at + 0.5) * LINE);
      });
      left += own + GAP;
    });
    top += heights[i] ?? 0;
    context.fillStyle = theme.line;
    if (i < all.length - 1) context.fillRect(0, top - 0.5, width, 1);
  });
}

/** @param host element whose colours are used */
export function saveTableImage(file: string, title: string, table: TableText, host: HTMLElement): void {
  const canvas = document.createElement('canvas');
  drawTable(canvas, table, devicePixelRatio, readTheme(host));
  saveChartImage(file, canvas, title, [], host);
}
