/** JSON lines and JSON arrays as tables of prompts. */
import { readJsonLines } from '../jsonl';
import {
  columnsOf,
  fault,
  isRecord,
  MAX_DEPTH,
  MAX_RECORD,
  MAX_TABLE_ROWS,
  type PromptRecord,
  type PromptTable,
  recordOf,
  unreadable,
} from './table';

/** @throws LabError bad-prompts */
export function readJsonlTable(text: string): PromptTable {
  const records: PromptRecord[] = [];
  let more = false;
  for (const { line, value, length } of readJsonLines(text, MAX_RECORD)) {
    if (records.length === MAX_TABLE_ROWS) {
      more = true;
      break;
    }
    if (length > MAX_RECORD) records.push(fault(line, `it has ${length} characters; ${MAX_RECORD} are read`));
    else records.push(value === undefined ? fault(line, 'it is not JSON') : recordOf(line, value));
  }
  return { format: 'jsonl', unit: 'line', columns: columnsOf(records), records, more };
}

/**
 * Reads an array of objects, or an object that holds one such array.
 * @throws LabError bad-prompts, with a SyntaxError as its cause if the text is not JSON
 */
export function readJsonTable(text: string): PromptTable {
  const { depth, lines } = scan(text);
  // Two levels more: the array itself, and the object that may hold it.
  if (depth > MAX_DEPTH + 2) {
    throw unreadable(
      `The JSON is nested ${depth} deep; ${MAX_DEPTH} are read.`,
      'Write a flatter file: a list of objects.',
    );
  }
  const value = parse(text);
  const rows = arrayIn(value);
  // Lines identify rows only if every element begins on a line of its own.
  const unit = rows === value && new Set(lines).size === rows.length ? 'line' : 'row';
  const records = rows
    .slice(0, MAX_TABLE_ROWS)
    .map((row, i) => recordOf(unit === 'line' ? (lines[i] ?? 1) : i + 1, row));
  return { format: 'json', unit, columns: columnsOf(records), records, more: rows.length > MAX_TABLE_ROWS };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const line = error instanceof Error ? /\bline (\d+)/.exec(error.message)?.[1] : undefined;
    throw unreadable(
      `The file is not JSON${line === undefined ? '' : `: line ${line} cannot be read`}.`,
      'A file with one object per line is read as JSON lines.',
      error,
    );
  }
}

function arrayIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const arrays = isRecord(value) ? Object.values(value).filter(Array.isArray) : [];
  const [only] = arrays;
  if (only !== undefined && arrays.length === 1) return only;
  // A single object is a single row.
  if (isRecord(value) && arrays.length === 0) return [value];
  throw unreadable('The JSON holds no list of prompts.', 'It must be an array of objects, or hold one.');
}

/** The nesting depth of a JSON text, and the lines on which the elements of its outermost array begin. */
function scan(text: string): { readonly depth: number; readonly lines: readonly number[] } {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  let awaited = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) line++;
    if (inString) {
      if (code === 92) i++;
      else if (code === 34) inString = false;
      continue;
    }
    if (code <= 32) continue;
    if (code === 93 || code === 125) {
      depth--;
      awaited = false;
      continue;
    }
    if (awaited && depth === 1) {
      lines.push(line);
      awaited = false;
    }
    if (code === 34) inString = true;
    else if (code === 44) awaited = depth === 1;
    else if (code === 91 || code === 123) {
      depth++;
      deepest = Math.max(deepest, depth);
      awaited = depth === 1;
    }
  }
  return { depth: deepest, lines };
}
