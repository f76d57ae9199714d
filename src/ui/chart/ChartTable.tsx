import type { CsvTable } from '../../lib/csv';

/** Longer tables show every n-th row: all rows are in the CSV. */
const MOST_ROWS = 500;

interface Props {
  readonly table: CsvTable;
  readonly title: string;
  readonly format: (value: number) => string;
}

export function ChartTable({ table, title, format }: Props) {
  const every = Math.ceil(table.rows.length / MOST_ROWS);
  const rows = table.rows.filter((_, i) => i % every === 0 || i === table.rows.length - 1);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="chart-table scroll" tabIndex={0} aria-label={`Values of ${title}`}>
      <table>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            {table.columns.map((name) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((value, column) => (
                <td key={table.columns[column]} className={typeof value === 'string' ? '' : 'number'}>
                  {value === null ? '–' : column === 0 || typeof value === 'string' ? value : format(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {every > 1 && <p className="quiet">Every {every}th row is shown; the CSV has all of them.</p>}
    </section>
  );
}
