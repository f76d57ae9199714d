/**
 * What a judge's reply says. A verdict is a mark in double brackets; the same one may be repeated, two different ones are none, and what
 * is thought before `</think>` does not count, nor does a thought without an end. A reply is foreign data: it is searched, never obeyed.
 */

/** UTF-16 code units. No judge needs more to say seven. */
const LONGEST = 65_536;
const BRACKETS = /\[\[+|\]\]+/g;

/** What stands in double brackets, in order; null where brackets nest, a thought has no end, or the reply is too long to be a verdict. */
function marksIn(reply: string): readonly string[] | null {
  if (reply.length > LONGEST) return null;
  const said = reply.slice(reply.lastIndexOf('</think>') + 1);
  // A thought that was cut off has come to nothing yet.
  if (said.includes('<think>')) return null;
  const marks: string[] = [];
  let open: number | null = null;
  for (const { 0: brackets, index } of said.matchAll(BRACKETS)) {
    const opens = brackets.startsWith('[');
    if (brackets.length > 2 || (opens && open !== null)) return null;
    if (!opens && open !== null) marks.push(said.slice(open, index).trim());
    open = opens ? index + 2 : null;
  }
  return marks;
}

/** The only value of all, or null. */
function onlyOne<T>(values: readonly T[] | undefined): T | null {
  const different = new Set(values);
  const [value] = different;
  return different.size === 1 && value !== undefined ? value : null;
}

/** `7`, `7.5`, `7/9`. */
const RATING = /^([1-9](?:\.\d+)?)(?:\s*\/\s*9)?$/;

/** 1 … 9 of `[[7]]`. Any other number among the marks makes it none; marks that begin with no number are talk. */
export function ratingIn(reply: string): number | null {
  const numbers = marksIn(reply)?.filter((mark) => /^-?\d/.test(mark));
  const rating = onlyOne(numbers?.map((mark) => Number(RATING.exec(mark)?.[1] ?? Number.NaN)));
  return rating !== null && rating <= 9 ? rating : null;
}

/** 1 of `[[A]]` (the first is better), −1 of `[[B]]`, 0 of `[[C]]`. */
export function choiceIn(reply: string): 1 | -1 | 0 | null {
  const letters = marksIn(reply)?.filter((mark) => /^[ABC]$/.test(mark));
  const letter = onlyOne(letters);
  if (letter === null) return null;
  return letter === 'A' ? 1 : letter === 'B' ? -1 : 0;
}

/** Characters of a reply that are kept. */
const KEPT = 4000;

/** A reply as it is kept beside its verdict: beginning and end of a long one. @param kept characters */
export function cappedReply(reply: string, kept = KEPT): string {
  if (reply.length <= kept) return reply.toWellFormed();
  const end = Math.floor(kept * 0.75);
  return `${reply.slice(0, kept - end)} … ${reply.slice(-end)}`.toWellFormed();
}
