import Papa from 'papaparse';

export type Cell = string | number | null;

/** RFC 4180 with a header row. A text that a spreadsheet would run as a formula gets an apostrophe in front; null is an empty cell. */
export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return Papa.unparse(
    { fields: [...columns], data: rows.map((row) => [...row]) },
    { escapeFormulae: true, newline: '\r\n' },
  );
}
