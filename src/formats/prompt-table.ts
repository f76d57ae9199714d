/** A file of prompts as it came: records with their lines, before anybody says which column is what. */
import { LabError } from '../lib/errors';
import type { PromptFormat } from '../records/prompt-import';

export interface PromptRecord {
  /** From 1, of no other record: of the text, or of the table where its lines do not tell its records apart. */
  readonly line: number;
  /** By column; null where the record could not be read. */
  readonly value: Readonly<Record<string, unknown>> | null;
  /** Why not, as a clause. */
  readonly fault: string | null;
}

export interface PromptTable {
  readonly format: PromptFormat;
  /** What `line` counts. */
  readonly unit: 'line' | 'row';
  readonly columns: readonly string[];
  readonly records: readonly PromptRecord[];
  /** The file goes on behind them. */
  readonly more: boolean;
}

export const MAX_TABLE_ROWS = 100_000;
/** Bytes of text. */
export const MAX_TEXT_FILE = 64_000_000;
/** Bytes of Parquet, as stored and unpacked. */
export const MAX_PARQUET_FILE = 256_000_000;
export const MAX_PARQUET_UNPACKED = 512_000_000;
/** UTF-16 code units of one record. */
export const MAX_RECORD = 4_000_000;
/** Objects and arrays within one another. */
export const MAX_DEPTH = 32;
export const MAX_COLUMNS = 200;

/** Name of the only column of plain lines. */
export const TEXT_COLUMN = 'text';

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** @param todo a sentence: what makes the file one that can be read */
export function unreadable(message: string, todo: string, cause?: unknown): LabError {
  return new LabError('bad-prompts', message, `Nothing was imported. ${todo}`, { cause });
}

/** What a browser throws for a folder, and for a file that was moved or changed after it was chosen. */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === 'NotReadableError' || error.name === 'NotFoundError');

export const FEWER_COLUMNS = 'Write only the columns that prompts are made of, then choose it again.';

export const fault = (line: number, clause: string): PromptRecord => ({ line, value: null, fault: clause });

/** A parsed value as a record: a bare text is one of a single column. */
export function recordOf(line: number, value: unknown): PromptRecord {
  if (typeof value === 'string') return { line, value: { [TEXT_COLUMN]: value }, fault: null };
  if (!isRecord(value)) return fault(line, 'it is no object');
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

/** Every key that a record has, in the order in which they first come. @throws LabError bad-prompts */
export function columnsOf(records: readonly PromptRecord[]): string[] {
  const columns = new Set<string>();
  for (const { value } of records) for (const name of Object.keys(value ?? {})) columns.add(name);
  if (columns.size > MAX_COLUMNS)
    throw unreadable(`The file has ${columns.size} columns; ${MAX_COLUMNS} are read.`, FEWER_COLUMNS);
  return [...columns];
}
