/** A table as a picture, as the charts leave. */
import { saveChartImage } from './chart-image';
import { FONT, type Ink, readInk } from './ink';

export interface TableText {
  /** Lines of each column's head. */
  readonly heads: readonly (readonly string[])[];
  /** Lines of each cell, the number first. */
  readonly rows: readonly (readonly (readonly string[])[])[];
  /** So many columns are names: they stand on the left. */
  readonly names: number;
}

const LINE = 16;
const GAP = 16;
const PAD = 6;
const STRONG = FONT.replace(/^\d+px/, '600 12px');

export function drawTable(
  canvas: HTMLCanvasElement,
  { heads, rows, names }: TableText,
  ratio: number,
  ink: Ink,
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
        context.fillStyle = strong ? ink.strong : ink.text;
        context.fillText(text, column < names ? left : left + own, top + PAD / 2 + (at + 0.5) * LINE);
      });
      left += own + GAP;
    });
    top += heights[i] ?? 0;
    context.fillStyle = ink.line;
    if (i < all.length - 1) context.fillRect(0, top - 0.5, width, 1);
  });
}

/** @param host where the table stands: its colours are the picture's */
export function saveTableImage(file: string, title: string, table: TableText, host: HTMLElement): void {
  const canvas = document.createElement('canvas');
  drawTable(canvas, table, devicePixelRatio, readInk(host));
  saveChartImage(file, canvas, title, [], host);
}
