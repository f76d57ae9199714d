/** The rows of a file before they are mapped to prompts. Every file format is read into this table. */
import { LabError } from '../../lib/errors';
import type { PromptFormat } from '../../records/prompt-import';

export interface PromptRecord {
  /** From 1, different for every record: a line of the text, or a row of the table (see `unit`). */
  readonly line: number;
  /** Cells by column. Null if the record could not be read. */
  readonly value: Readonly<Record<string, unknown>> | null;
  /** A clause that says why it could not be read. */
  readonly fault: string | null;
}

export interface PromptTable {
  readonly format: PromptFormat;
  /** Whether `line` counts lines of text or rows of the table. */
  readonly unit: 'line' | 'row';
  readonly columns: readonly string[];
  readonly records: readonly PromptRecord[];
  /** Whether the file has more records than were read. */
  readonly more: boolean;
}

export const MAX_TABLE_ROWS = 100_000;
/** Size of a text file in bytes. */
export const MAX_TEXT_FILE = 64_000_000;
/** Size of a Parquet file in bytes, stored and unpacked. */
export const MAX_PARQUET_FILE = 256_000_000;
export const MAX_PARQUET_UNPACKED = 512_000_000;
/** Length of one record in UTF-16 code units. */
export const MAX_RECORD = 4_000_000;
/** Nesting depth of objects and arrays. */
export const MAX_DEPTH = 32;
export const MAX_COLUMNS = 200;

/** The only column of a plain text file. */
export const TEXT_COLUMN = 'text';

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** @param todo a sentence that says how to make the file readable */
export function unreadable(message: string, todo: string, cause?: unknown): LabError {
  return new LabError('bad-prompts', message, `Nothing was imported. ${todo}`, { cause });
}

/** Whether a browser threw this for a folder, or for a file that was moved or changed after it was chosen. */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === 'NotReadableError' || error.name === 'NotFoundError');

export const FEWER_COLUMNS = 'Write only the columns that prompts are made of, then choose it again.';

export const fault = (line: number, clause: string): PromptRecord => ({ line, value: null, fault: clause });

/** A parsed value as a record. A string becomes a record with a single column. */
export function recordOf(line: number, value: unknown): PromptRecord {
  if (typeof value === 'string') return { line, value: { [TEXT_COLUMN]: value }, fault: null };
  if (!isRecord(value)) return fault(line, 'it is not an object');
  if (isDeeper(value, MAX_DEPTH)) return fault(line, `it is nested more than ${MAX_DEPTH} deep`);
  return { line, value, fault: null };
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !ArrayBuffer.isView(value);

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}

/** The keys of all records, in the order of their first occurrence. @throws LabError bad-prompts */
export function columnsOf(records: readonly PromptRecord[]): string[] {
  const columns = new Set<string>();
  for (const { value } of records) for (const name of Object.keys(value ?? {})) columns.add(name);
  if (columns.size > MAX_COLUMNS)
    throw unreadable(`The file has ${columns.size} columns; ${MAX_COLUMNS} are read.`, FEWER_COLUMNS);
  return [...columns];
}
