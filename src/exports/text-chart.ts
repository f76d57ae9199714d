/** Numbers with their intervals as lines of text: a picture that every reader of a README sees. Pure. */

export interface TextRow {
  readonly label: string;
  readonly value: number;
  /** 95% */
  readonly interval: readonly [number, number] | null;
}

const WIDTH = 48;

/**
 * One line a row: the label, `├──●──┤` on a common scale, the value.
 * @param range ends of the scale. @param mark a value that the rows are held against: a line of `│`
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
  // Where there is room between the ends.
  const place = column(mark ?? low) - Math.floor(middle.length / 2);
  if (middle !== '' && place > from.length && place + middle.length < WIDTH + 1 - to.length) write(middle, place);
  return [...lines, `${' '.repeat(labels + 2)}${axis.join('')}`].map((line) => line.trimEnd()).join('\n');
}
