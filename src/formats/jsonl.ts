/** JSON lines: text ↔ values, with line numbers. */

export interface JsonLine {
  /** Line number, from 1. */
  readonly line: number;
  /** Undefined if the line is not JSON, or too long to be parsed. */
  readonly value: unknown;
  /** Length of the line in UTF-16 code units. */
  readonly length: number;
}

/**
 * Yields every line that is not blank. Accepts a byte-order mark and CRLF.
 * @param longest the longest line that is parsed, in UTF-16 code units
 */
export function* readJsonLines(text: string, longest = Number.POSITIVE_INFINITY): Generator<JsonLine> {
  let line = 0;
  let start = text.startsWith('\ufeff') ? 1 : 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const content = text.slice(start, end === -1 ? text.length : end);
    line++;
    const { length } = content;
    if (length > longest) yield { line, value: undefined, length };
    else if (content.trim() !== '') yield { line, value: parse(content), length };
    if (end === -1) break;
    start = end + 1;
  }
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

export function writeJsonLines(rows: Iterable<unknown>): string {
  let text = '';
  for (const row of rows) text += `${JSON.stringify(row)}\n`;
  return text;
}
