/** Lines of prose and code stay below 120 columns. The formatter wraps code; comments, strings and prose are checked here. */
import type { Violation } from './zones';

const COLUMNS = 119;

/** Returns a violation for each line of 120 or more columns. Lines that only hold a link or a table row may be longer. */
export function checkLines(file: string, text: string): Violation[] {
  const isProse = file.endsWith('.md');
  return text.split('\n').flatMap((content, i) => {
    const length = [...content].length;
    const unbreakable =
      isProse && (/^\s*\|/.test(content) || !/\s/.test(content.trim()) || /^\s*\S*\]\(/.test(content));
    return length <= COLUMNS || unbreakable
      ? []
      : [{ file, line: i + 1, message: `this line has ${length} columns; at most ${COLUMNS} are allowed` }];
  });
}
