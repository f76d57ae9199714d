/**
 * The only CSV writer. Every table that leaves the product goes through it: metrics and evaluations from the worker,
 * charts and the category table from the page. It is in lib because exports and ui may not import each other.
 */
import Papa from 'papaparse';

export type CsvCell = string | number | null;

export interface CsvTable {
  readonly columns: readonly string[];
  /** By column. Null is an empty cell. */
  readonly rows: readonly (readonly CsvCell[])[];
}

/**
 * Text that a spreadsheet would evaluate as a formula, for example `=HYPERLINK(…)` or `@SUM(…)`. A signed number that
 * was written as text begins in the same way but is harmless.
 */
const FORMULA = /^(?![+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$)[=+\-@\t\r]/i;

/**
 * RFC 4180: a header row, lines separated by CRLF, and no line break after the last line. A formula gets an apostrophe
 * in front, which makes a spreadsheet show it as text.
 */
export function writeCsv({ columns, rows }: CsvTable): string {
  const table = { fields: [...columns], data: rows.map((row) => [...row]) };
  return Papa.unparse(table, { escapeFormulae: FORMULA, newline: '\r\n' });
}
