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
  /** The line on which the row begins. */
  readonly line: number;
  /** The line on which the row ends: quoted cells may have several lines. */
  readonly lastLine: number;
  /** Null if a quote is not closed, or is followed by more text in its cell. */
  readonly cells: readonly string[] | null;
}

/** @param text with `\n` as its line ends. @throws LabError bad-prompts */
export function readCsvTable(text: string, format: 'csv' | 'tsv'): PromptTable {
  const { rows, more } = rowsOf(text, format);
  const [first, ...rest] = rows;
  if (first === undefined) throw unreadable('The file has no header row.', 'Its first line must name the columns.');
  const columns = headerOf(first);
  const records = rest.map(({ line, lastLine, cells }): PromptRecord => {
    if (cells === null) return fault(line, 'a quote in it is not closed, or is followed by more text in its cell');
    if (cells.length !== columns.length) {
      const to = lastLine === line ? '' : `; its quotes extend it to line ${lastLine}`;
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
 * A row with an unclosed quote ends with its line, and reading continues on the next line. So a stray quote costs one
 * row; a reader that searches for the closing quote would lose the rest of the file.
 */
function rowsOf(text: string, format: 'csv' | 'tsv'): { readonly rows: readonly Row[]; readonly more: boolean } {
  const delimiter = format === 'tsv' ? '\t' : delimiterOf(text);
  const rows: Row[] = [];
  let line = 1;
  for (let start = 0; start < text.length; ) {
    const lineEnd = endOfLine(text, start);
    const quoted = cellsFrom(text, start, delimiter);
    // Most tab-separated files do not use quotes: unbalanced ones are part of the text.
    const cells = quoted?.cells ?? (format === 'tsv' ? text.slice(start, lineEnd).split(delimiter) : null);
    const end = quoted?.end ?? lineEnd;
    let lastLine = line;
    for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lastLine++;
    if (cells === null || cells.some((cell) => cell.trim() !== '')) {
      // One row more, because the header is among them.
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

/** The cells of the row that begins at `at`, and where the row ends. Null if its quotes are unbalanced. */
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

/** Position of the closing quote, or -1. Two quotes in a row are an escaped quote. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

/** The most frequent delimiter in the header outside of quotes. Spreadsheets in some languages write semicolons. */
function delimiterOf(text: string): string {
  const header = (text.split('\n', 1)[0] ?? '').replace(/"[^"]*"/g, '');
  const often = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '|'].reduce((best, one) => (often(one) > often(best) ? one : best));
}

function headerOf({ cells, line }: Row): string[] {
  if (cells === null) {
    throw unreadable(
      `Line ${line}: a quote in the header is not closed, or is followed by more text in its cell.`,
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
