/** Comma- or tab-separated values as a table of prompts: RFC 4180 with a header row. */
import Papa from 'papaparse';
import { fault, MAX_COLUMNS, MAX_RECORD, MAX_TABLE_ROWS, type PromptRecord, type PromptTable, unreadable } from './prompt-table';

interface Cells {
  /** On which the row begins. */
  readonly line: number;
  readonly cells: readonly string[];
  readonly unclosed: boolean;
}

/** @throws LabError bad-prompts */
export function readCsvTable(text: string, format: 'csv' | 'tsv'): PromptTable {
  const { rows, more } = rowsOf(text, format);
  const [first, ...rest] = rows;
  if (first === undefined) throw unreadable('The file has no header row.');
  const columns = headerOf(first);
  const records = rest.map(({ line, cells, unclosed }): PromptRecord => {
    if (unclosed) return fault(line, 'a quote that opens in it is not closed');
    if (cells.length !== columns.length)
      return fault(line, `it has ${cellCount(cells.length)}, the header has ${columns.length}`);
    if (cells.reduce((sum, cell) => sum + cell.length, 0) > MAX_RECORD) {
      return fault(line, `it has more than ${MAX_RECORD} characters`);
    }
    return { line, value: Object.fromEntries(columns.map((name, i) => [name, cells[i]])), fault: null };
  });
  return { format, unit: 'line', columns, records, more };
}

const cellCount = (count: number): string => (count === 1 ? '1 cell' : `${count} cells`);

function rowsOf(text: string, format: 'csv' | 'tsv'): { readonly rows: readonly Cells[]; readonly more: boolean } {
  const rows: Cells[] = [];
  let more = false;
  let line = 1;
  let before = 0;
  Papa.parse<string[]>(text, {
    delimiter: format === 'tsv' ? '\t' : delimiterOf(text),
    // A cell that is never closed would else hold the rest of the file, and so would its line numbers.
    step({ data, errors, meta }, parser) {
      const begins = line;
      for (; before < meta.cursor; before++) if (text.charCodeAt(before) === 10) line++;
      if (data.every((cell) => cell.trim() === '')) return;
      if (rows.length === MAX_TABLE_ROWS + 1) {
        more = true;
        parser.abort();
        return;
      }
      rows.push({ line: begins, cells: data, unclosed: errors.some(({ type }) => type === 'Quotes') });
    },
  });
  return { rows, more };
}

/** What stands most often in the header, outside of quotes: spreadsheets of some languages write semicolons. */
function delimiterOf(text: string): string {
  const header = (text.split('\n', 1)[0] ?? '').replace(/"[^"]*"/g, '');
  const often = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '|'].reduce((best, one) => (often(one) > often(best) ? one : best));
}

function headerOf({ cells, line, unclosed }: Cells): string[] {
  if (unclosed) throw unreadable(`Line ${line}: a quote that opens in the header is not closed.`);
  if (cells.length > MAX_COLUMNS) throw unreadable(`The header has ${cells.length} columns; ${MAX_COLUMNS} are read.`);
  const names = cells.map((cell, i) => cell.trim() || `column ${i + 1}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw unreadable(
      `The header on line ${line} names the column “${twice}” twice.`,
      'Nothing was imported. Rename one of them, then choose the file again.',
    );
  }
  return names;
}
