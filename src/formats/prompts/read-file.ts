/** Reads a file of prompts in any format. The format is recognised by the content first, then by the name. */
import { LabError } from '../../lib/errors';
import { unixLines } from '../../lib/text';
import type { PromptFormat } from '../../records/prompt-import';
import { readCsvTable } from './csv-table';
import { readJsonlTable, readJsonTable } from './json-table';
import { INSTRUCTION_NAMES } from './layout';
import { readParquetTable } from './parquet-table';
import {
  fault,
  isUnreadable,
  MAX_RECORD,
  MAX_TABLE_ROWS,
  MAX_TEXT_FILE,
  megabytes,
  type PromptRecord,
  type PromptTable,
  TEXT_COLUMN,
  unreadable,
} from './table';

const AS_UTF8 = 'Save it as UTF-8, then choose it again.';
const SMALLER = 'Cut it into smaller files, or write it as Parquet.';

type TextFormat = Exclude<PromptFormat, 'parquet'>;

/**
 * @param format chosen by the user, or null to recognise it
 * @throws LabError bad-prompts if the content is faulty, bad-file if the browser cannot read the file at all
 */
export async function readPromptFile(name: string, blob: Blob, format: PromptFormat | null): Promise<PromptTable> {
  try {
    const table = await tableOf(name, blob, format);
    if (table.records.length === 0) throw unreadable(`${name} has no rows.`, 'Choose a file with one prompt per row.');
    return table;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    throw new LabError(
      'bad-file',
      `${name} cannot be read: it is a folder, or was moved or changed after it was chosen.`,
      'Nothing was imported. Choose the file itself again.',
      { cause: error },
    );
  }
}

async function tableOf(name: string, blob: Blob, format: PromptFormat | null): Promise<PromptTable> {
  const head = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  if (format === 'parquet' || (format === null && startsWith(head, 'PAR1'))) {
    return readParquetTable(name, blob);
  }
  if (blob.size > MAX_TEXT_FILE) {
    throw unreadable(`${name} has ${megabytes(blob.size)}; text is read up to ${megabytes(MAX_TEXT_FILE)}.`, SMALLER);
  }
  if (startsWith(head, GZIP)) return tableOf(name.replace(/\.gz$/i, ''), await unpacked(name, blob), format);
  const text = unixLines(decode(name, new Uint8Array(await blob.arrayBuffer())));
  if (format !== null) return readAs(format, text);
  const guessed = formatOf(name, text);
  try {
    return readAs(guessed, text);
  } catch (error) {
    // A line of plain text may begin like JSON.
    const notJson = error instanceof LabError && error.cause instanceof SyntaxError;
    if (!notJson || extensionOf(name) === 'json') throw error;
    return readAs(formatOtherThanJson(name, text), text);
  }
}

const GZIP = '\x1f\x8b';

/** @throws LabError bad-prompts if it is damaged or too large */
async function unpacked(name: string, blob: Blob): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    const reader = blob.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    while (bytes <= MAX_TEXT_FILE) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      parts.push(Uint8Array.from(value));
    }
    await reader.cancel();
  } catch (error) {
    if (isUnreadable(error)) throw error;
    throw unreadable(
      `${name} is damaged: it cannot be unpacked.`,
      'Download it again, or choose the unpacked file.',
      error,
    );
  }
  if (bytes > MAX_TEXT_FILE) {
    throw unreadable(
      `${name} unpacks to more than ${megabytes(MAX_TEXT_FILE)} of text, the most that is read.`,
      SMALLER,
    );
  }
  return new Blob(parts);
}

function readAs(format: TextFormat, text: string): PromptTable {
  switch (format) {
    case 'jsonl':
      return readJsonlTable(text);
    case 'json':
      return readJsonTable(text);
    case 'csv':
    case 'tsv':
      return readCsvTable(text, format);
    case 'lines':
      return readLines(text);
    default:
      return format satisfies never;
  }
}

/** Decodes UTF-8, or UTF-16 with a byte-order mark. @returns the text without the mark */
function decode(name: string, bytes: Uint8Array): string {
  if (bytes.length === 0) throw unreadable(`${name} is empty.`, 'Choose a file with one prompt per row.');
  if (startsWith(bytes, 'PK\x03\x04'))
    throw unreadable(`${name} is packed (zip).`, 'Unpack it, then choose the file that was in it.');
  const utf16 = startsWith(bytes, '\xff\xfe') ? 'utf-16le' : startsWith(bytes, '\xfe\xff') ? 'utf-16be' : null;
  let text: string;
  try {
    text = new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    const binary = bytes.subarray(0, 4096).includes(0);
    throw unreadable(binary ? `${name} is not a text file.` : `${name} is not written in UTF-8.`, AS_UTF8);
  }
  if (text.includes('\0')) throw unreadable(`${name} is not a text file: it holds zero bytes.`, AS_UTF8);
  return text;
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  bytes.length >= text.length && Array.from(text).every((character, i) => bytes[i] === character.charCodeAt(0));

const extensionOf = (name: string): string => /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

function formatOf(name: string, text: string): TextFormat {
  const begin = text.slice(0, 4096).trimStart();
  const [first = ''] = begin.split('\n', 1);
  if (begin.startsWith('[')) return isJson(first) && first.length < begin.trimEnd().length ? 'jsonl' : 'json';
  // A single line may be one row or hold all rows; then the file's name decides.
  if (begin.startsWith('{')) {
    return isJson(firstLine(text)) && (extensionOf(name) !== 'json' || /\n\s*\S/.test(text)) ? 'jsonl' : 'json';
  }
  return formatOtherThanJson(name, text);
}

function formatOtherThanJson(name: string, text: string): TextFormat {
  const extension = extensionOf(name);
  if (extension === 'csv' || extension === 'tsv') return extension;
  if (extension === 'jsonl' || extension === 'ndjson') return 'jsonl';
  if (extension === 'json') return 'json';
  // Cells that were copied from a spreadsheet, or a table whose name has no extension.
  const first = firstLine(text.slice(0, 4096));
  for (const [format, delimiter] of [
    ['tsv', '\t'],
    ['csv', ','],
  ] as const) {
    const cells = first.split(delimiter).map((cell) => cell.replaceAll('"', '').trim().toLowerCase());
    if (cells.length > 1 && cells.some((cell) => INSTRUCTION_NAMES.includes(cell))) return format;
  }
  return 'lines';
}

const firstLine = (text: string): string => text.trimStart().split('\n', 1)[0] ?? '';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readLines(text: string): PromptTable {
  const records: PromptRecord[] = [];
  let line = 0;
  let start = 0;
  let more = false;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const content = text.slice(start, end === -1 ? text.length : end).trim();
    line++;
    start = end === -1 ? text.length : end + 1;
    if (content === '') continue;
    if (records.length === MAX_TABLE_ROWS) {
      more = true;
      break;
    }
    records.push(
      content.length > MAX_RECORD
        ? fault(line, `it has ${content.length} characters`)
        : { line, value: { [TEXT_COLUMN]: content }, fault: null },
    );
  }
  return { format: 'lines', unit: 'line', columns: [TEXT_COLUMN], records, more };
}
