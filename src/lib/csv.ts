/**
 * The only CSV writer. Every table that leaves the product goes through it: metrics and evaluations from the worker,
 * charts and the category table from the page. It is in lib because exports and ui may not import each other.
 */

export type CsvCell = string | number | null;

export interface CsvTable {
  readonly columns: readonly string[];
  /** By column. Null is an empty cell. */
  readonly rows: readonly (readonly CsvCell[])[];
}

/** RFC 4180: a header row, lines separated by CRLF, without one after the last line. */
export function writeCsv({ columns, rows }: CsvTable): string {
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

/** Spreadsheets evaluate a text that begins so, for example `=HYPERLINK(…)` or `@SUM(…)`. */
const FORMULA = /^[=+\-@\t\r]/;
/** A signed number that was written as text begins like a formula but is harmless. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

function cell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // The apostrophe makes a spreadsheet show the rest of the cell as text.
  const disarmed = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return disarmed !== value || NEEDS_QUOTES.test(disarmed) ? `"${disarmed.replaceAll('"', '""')}"` : disarmed;
}
