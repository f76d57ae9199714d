/**
 * Reads the verdict in a reply: a mark in double brackets, such as `[[7]]` or `[[A]]`. The same mark may be repeated;
 * two different ones are no verdict. A thought up to `</think>` is skipped, and a thought without an end holds no
 * verdict. A reply is foreign data: it is searched, never obeyed.
 */

/** Longest reply that is parsed, in UTF-16 code units. */
const LONGEST = 65_536;
const BRACKETS = /\[\[+|\]\]+/g;

/** The texts in double brackets, in order. Null if brackets nest, a thought has no end, or the reply is too long. */
function marksIn(reply: string): readonly string[] | null {
  if (reply.length > LONGEST) return null;
  const answer = reply.slice(reply.lastIndexOf('</think>') + 1);
  if (answer.includes('<think>')) return null;
  const marks: string[] = [];
  let open: number | null = null;
  for (const { 0: brackets, index } of answer.matchAll(BRACKETS)) {
    const opens = brackets.startsWith('[');
    if (brackets.length > 2 || (opens && open !== null)) return null;
    if (!opens && open !== null) marks.push(answer.slice(open, index).trim());
    open = opens ? index + 2 : null;
  }
  return marks;
}

/** The value that all elements have. Null if there is none, or if they differ. */
function commonValue<T>(values: readonly T[] | undefined): T | null {
  const different = new Set(values);
  const [value] = different;
  return different.size === 1 && value !== undefined ? value : null;
}

/** `7`, `7.5` or `7/9`. */
const RATING = /^([1-9](?:\.\d+)?)(?:\s*\/\s*9)?$/;

/**
 * The rating from 1 to 9 in a reply such as `[[7]]`. Null if any mark holds another number. Marks that do not begin
 * with a number are ignored.
 */
export function ratingIn(reply: string): number | null {
  const numbers = marksIn(reply)?.filter((mark) => /^-?\d/.test(mark));
  const rating = commonValue(numbers?.map((mark) => Number(RATING.exec(mark)?.[1] ?? Number.NaN)));
  return rating !== null && rating <= 9 ? rating : null;
}

/** 1 for `[[A]]` (the first response is better), −1 for `[[B]]`, 0 for `[[C]]` (a tie), null for no verdict. */
export function choiceIn(reply: string): 1 | -1 | 0 | null {
  const letters = marksIn(reply)?.filter((mark) => /^[ABC]$/.test(mark));
  const letter = commonValue(letters);
  if (letter === null) return null;
  return letter === 'A' ? 1 : letter === 'B' ? -1 : 0;
}

/** Characters of a reply that are stored. */
const STORED_CHARACTERS = 4000;

/** Shortens a reply to be stored with its verdict: the beginning and the end of a long one. @param most characters */
export function cappedReply(reply: string, most = STORED_CHARACTERS): string {
  if (reply.length <= most) return reply.toWellFormed();
  const end = Math.floor(most * 0.75);
  return `${reply.slice(0, most - end)} … ${reply.slice(-end)}`.toWellFormed();
}
