/** JSON lines: text ↔ values, with the line number of what is wrong. */

export interface JsonLine {
  /** From 1. */
  readonly line: number;
  /** undefined: not JSON, or longer than what is parsed. */
  readonly value: unknown;
  /** Of the line, in UTF-16 code units. */
  readonly length: number;
}

/** Every line that is not blank. A byte-order mark and CRLF are taken as they come. @param longest of a line that is parsed */
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
