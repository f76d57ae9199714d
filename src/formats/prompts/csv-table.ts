/** Comma- or tab-separated values as a table of prompts: RFC 4180 with a header row. */
import {
  FEWER_COLUMNS,
  fault,
  MAX_COLUMNS,
  MAX_RECORD,
  MAX_TABLE_ROWS,
  type PromptRecord,
  type PromptTable,
  unreadable,
} from './table';

interface Row {
  /** On which it begins. */
  readonly line: number;
  /** Where it ends: cells between quotes may have several lines. */
  readonly lastLine: number;
  /** null where a quote in it is not closed, or does not end its cell. */
  readonly cells: readonly string[] | null;
}

/** @param text with `\n` as its line ends. @throws LabError bad-prompts */
export function readCsvTable(text: string, format: 'csv' | 'tsv'): PromptTable {
  const { rows, more } = rowsOf(text, format);
  const [first, ...rest] = rows;
  if (first === undefined) throw unreadable('The file has no header row.', 'Its first line must name the columns.');
  const columns = headerOf(first);
  const records = rest.map(({ line, lastLine, cells }): PromptRecord => {
    if (cells === null) return fault(line, 'a quote in it is not closed, or does not end its cell');
    if (cells.length !== columns.length) {
      const to = lastLine === line ? '' : `; it goes on to line ${lastLine}, where its quotes end`;
      return fault(line, `it has ${cellCount(cells.length)}, the header has ${columns.length}${to}`);
    }
    if (cells.reduce((sum, cell) => sum + cell.length, 0) > MAX_RECORD) {
      return fault(line, `it has more than ${MAX_RECORD} characters`);
    }
    return { line, value: Object.fromEntries(columns.map((name, i) => [name, cells[i]])), fault: null };
  });
  return { format, unit: 'line', columns, records, more };
}

const cellCount = (count: number): string => (count === 1 ? '1 cell' : `${count} cells`);

/**
 * A row whose quotes do not close is one line: what follows is read as if it were not there. So one stray quote costs one row, where a
 * reader that looks for its end would take the rest of the file.
 */
function rowsOf(text: string, format: 'csv' | 'tsv'): { readonly rows: readonly Row[]; readonly more: boolean } {
  const delimiter = format === 'tsv' ? '\t' : delimiterOf(text);
  const rows: Row[] = [];
  let line = 1;
  for (let start = 0; start < text.length; ) {
    const lineEnd = endOfLine(text, start);
    const quoted = cellsFrom(text, start, delimiter);
    // Most tables with tabs know no quotes: those that do not work out are text.
    const cells = quoted?.cells ?? (format === 'tsv' ? text.slice(start, lineEnd).split(delimiter) : null);
    const end = quoted?.end ?? lineEnd;
    let lastLine = line;
    for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lastLine++;
    if (cells === null || cells.some((cell) => cell.trim() !== '')) {
      // One more for the header.
      if (rows.length === MAX_TABLE_ROWS + 1) return { rows, more: true };
      rows.push({ line, lastLine, cells });
    }
    line = lastLine + 1;
    start = end + 1;
  }
  return { rows, more: false };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** The cells of the row that begins at `at`, and where its line ends; null where its quotes do not work out. */
function cellsFrom(
  text: string,
  at: number,
  delimiter: string,
): { readonly cells: string[]; readonly end: number } | null {
  const cells: string[] = [];
  for (;;) {
    let end = at;
    if (text[at] === '"') {
      const closing = closingQuote(text, at + 1);
      if (closing === -1) return null;
      cells.push(text.slice(at + 1, closing).replaceAll('""', '"'));
      end = closing + 1;
      while (text[end] === ' ') end++;
      if (end < text.length && text[end] !== delimiter && text[end] !== '\n') return null;
    } else {
      while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
      cells.push(text.slice(at, end));
    }
    if (text[end] !== delimiter) return { cells, end };
    at = end + 1;
  }
}

/** -1 where there is none. Two quotes stand for one. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

/** What stands most often in the header, outside of quotes: spreadsheets of some languages write semicolons. */
function delimiterOf(text: string): string {
  const header = (text.split('\n', 1)[0] ?? '').replace(/"[^"]*"/g, '');
  const often = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '|'].reduce((best, one) => (often(one) > often(best) ? one : best));
}

function headerOf({ cells, line }: Row): string[] {
  if (cells === null) {
    throw unreadable(
      `Line ${line}: a quote in the header is not closed, or does not end its cell.`,
      'Repair it, then choose it again.',
    );
  }
  if (cells.length > MAX_COLUMNS) {
    throw unreadable(`The header has ${cells.length} columns; ${MAX_COLUMNS} are read.`, FEWER_COLUMNS);
  }
  const names = cells.map((cell, i) => cell.trim() || `column ${i + 1}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw unreadable(
      `The header on line ${line} names the column “${twice}” twice.`,
      'Rename one of them, then choose the file again.',
    );
  }
  return names;
}
