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

/** An array of objects, or an object of which one value is such an array. @throws LabError bad-prompts, caused by a SyntaxError where it is no JSON */
export function readJsonTable(text: string): PromptTable {
  const { depth, lines } = scan(text);
  // Two more: the array itself, and what it may lie in.
  if (depth > MAX_DEPTH + 2) {
    throw unreadable(
      `The JSON is nested ${depth} deep; ${MAX_DEPTH} are read.`,
      'Write a flatter one: a list of objects.',
    );
  }
  const value = parse(text);
  const rows = arrayIn(value);
  // Of a list on one line, or a few, a line names no row.
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
      'A file with one object a line is read as JSON lines.',
      error,
    );
  }
}

function arrayIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const arrays = isRecord(value) ? Object.values(value).filter(Array.isArray) : [];
  const [only] = arrays;
  if (only !== undefined && arrays.length === 1) return only;
  // One object alone is one row.
  if (isRecord(value) && arrays.length === 0) return [value];
  throw unreadable('The JSON holds no list of prompts.', 'It must be an array of objects, or hold one.');
}

/** How deep a JSON text is nested, and on which lines the elements of its outermost array begin. */
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
