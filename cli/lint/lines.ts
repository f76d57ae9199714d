/** Lines stay below 120 columns. The formatter wraps code; comments and strings are checked here. */
import type { Violation } from './zones';

const COLUMNS = 119;

/** Returns a violation for each line that is too long. */
export function checkLines(file: string, text: string): Violation[] {
  return text.split('\n').flatMap((content, i) => {
    const { length } = [...content];
    const message = `this line has ${length} columns; at most ${COLUMNS} are allowed`;
    return length > COLUMNS ? [{ file, line: i + 1, message }] : [];
  });
}
