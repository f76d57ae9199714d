/** A chart of numbers and their intervals in plain text, which every viewer of a README shows. */

export interface TextRow {
  readonly label: string;
  readonly value: number;
  /** 95% interval. */
  readonly interval: readonly [number, number] | null;
}

const WIDTH = 48;

/**
 * One line per row: the label, `├──●──┤` on a common scale, and the value.
 * @param range ends of the scale
 * @param mark a value to compare the rows with, drawn as a line of `│`
 */
export function textChart(
  rows: readonly TextRow[],
  [low, high]: readonly [number, number],
  mark: number | null,
  format: (value: number) => string,
): string {
  const column = (value: number) =>
    Math.max(0, Math.min(WIDTH, Math.round(((value - low) / (high - low || 1)) * WIDTH)));
  const labels = Math.max(0, ...rows.map(({ label }) => label.length));
  const values = Math.max(0, ...rows.map(({ value }) => format(value).length));
  const lines = rows.map(({ label, value, interval }) => {
    const cells = Array.from({ length: WIDTH + 1 }, () => ' ');
    if (mark !== null) cells[column(mark)] = '│';
    if (interval) {
      const [from, to] = [column(interval[0]), column(interval[1])];
      cells.fill('─', from, to + 1);
      cells[from] = '├';
      cells[to] = '┤';
    }
    cells[column(value)] = '●';
    return `${label.padEnd(labels)}  ${cells.join('')}  ${format(value).padStart(values)}`;
  });
  const [from, to] = [format(low), format(high)];
  const middle = mark === null || mark === low ? '' : format(mark);
  const axis = Array.from({ length: WIDTH + 1 }, () => ' ');
  const write = (text: string, at: number) => void axis.splice(at, text.length, ...text);
  write(from, 0);
  write(to, WIDTH + 1 - to.length);
  // Only if there is room between the ends.
  const middleAt = column(mark ?? low) - Math.floor(middle.length / 2);
  if (middle !== '' && middleAt > from.length && middleAt + middle.length < WIDTH + 1 - to.length)
    write(middle, middleAt);
  return [...lines, `${' '.repeat(labels + 2)}${axis.join('')}`].map((line) => line.trimEnd()).join('\n');
}
