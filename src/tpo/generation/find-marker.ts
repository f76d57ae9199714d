/**
 * Finds a marker of the thought prompt in a completion. Asked for `Here is my response:`, real models write
 * `**Here is my response:**`, `### here is my response` or `"Here's my response" –`: the same words in another case,
 * with other punctuation and mark-up.
 */

/** A half-open range of the text, in UTF-16 code units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** The range of a marker, with its mark-up and punctuation. */
export interface FoundMarker extends TextRange {
  /**
   * Closes the mark-up that opens before the marker and does not close right after it, e.g. `**` in
   * `**Here is my response: 4**`.
   */
  readonly open: string;
}

interface Pattern {
  /** Matches the marker's words in any case and with any white space. */
  readonly words: RegExp;
  readonly endsInColon: boolean;
  /** The marker has brackets of its own, like `<R>`, and cannot be confused with text. */
  readonly bracketed: boolean;
}

/** Opening emphasis, quotes and brackets, with their closing counterparts. */
const CLOSING = new Map(
  ['**', '__', '~~', '``', '""', "''", '“”', '„“', '‘’', '«»', '()', '[]'].map((p) => [p.charAt(0), p.charAt(1)]),
);
const OPENING = `[${[...CLOSING.keys()].join('').replace('[', '\\[')}]*`;
/** The beginning of a line with nothing but mark-up (heading, quotation, list item), then opening characters. */
const ONLY_MARKUP = new RegExp(
  `^[ \\t]*(?:(?:#{1,6}|>|[-+•]|\\*(?=[ \\t])|\\d{1,2}[.)])[ \\t]*)*(${OPENING})[ \\t]*$`,
);
const OPENED = new RegExp(`\\s(${OPENING})$`);
const SENTENCE_BEFORE = /[.!?:;…。！？]["'”’»)*_]*\s+$/;

const BLANKS = /[ \t]*/y;
const COLON = /[:：﹕∶]/y;
const LIKE_A_COLON = /[:：﹕∶–—―→⇒]|-{1,3}>?(?=\s|$)|[.…]+(?=\s|$)/y;
/** The sentence continues after the marker's words. */
const GOES_ON = /[ \t]*[\p{Ll},;-]/uy;
/** Emphasis that can only close, because white space follows. */
const LEFT_OVER = /[*_]+(?=\s|$)/y;

const WORD = /[\p{L}\p{N}]/u;
const BEFORE_WORD = '(?<![\\p{L}\\p{N}])';
const AFTER_WORD = "(?!['’]?[\\p{L}\\p{N}])";
const BETWEEN_WORDS = '\\s+';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Null for a marker without words, which only matches as an exact copy. */
function patternOf(marker: string): Pattern | null {
  const core = marker.replace(/^[\s#>*_~`"'“]+/, '').replace(/[\s:：*_~`"'”]+$/, '');
  if (!WORD.test(core)) return null;
  const bracketed = !WORD.test(core.charAt(0));
  const words = bracketed
    ? (core.match(/[\p{L}\p{N}]+|./gsu) ?? []).map(escaped).join('[ \\t]*')
    : BEFORE_WORD + core.split(/\s+/).map(spelled).join('') + AFTER_WORD;
  return { words: new RegExp(words, 'giu'), endsInColon: /[:：][\s*_~`"'”]*$/.test(marker), bracketed };
}

/** A pattern for a word of the marker and the white space before it. "is" may be contracted. */
function spelled(word: string, index: number): string {
  if (index === 0) return escaped(word);
  return word === 'is' ? `(?:${BETWEEN_WORDS}is|['’]s)` : BETWEEN_WORDS + escaped(word);
}

const patterns = new Map<string, Pattern | null>();

/** Where the match of a sticky expression at `index` ends; −1 if it does not match. */
function endAt(expression: RegExp, text: string, index: number): number {
  expression.lastIndex = index;
  return expression.test(text) ? expression.lastIndex : -1;
}

interface Place extends FoundMarker {
  /** Set apart from the text, so that it is a marker and not a mention of it. */
  readonly apart: boolean;
}

/**
 * The marker whose words are at [start, end), with the mark-up and punctuation around them.
 * @param punctuated whether the words already include the marker's colon
 */
function place(
  text: string,
  from: number,
  start: number,
  end: number,
  pattern: Pattern | null,
  punctuated: boolean,
): Place {
  const line = text.slice(Math.max(from, text.lastIndexOf('\n', start - 1) + 1), start);
  const beginsLine = ONLY_MARKUP.exec(line);
  const opening = (beginsLine ?? OPENED.exec(line))?.[1] ?? '';
  const before = beginsLine ? '' : line.slice(0, line.length - opening.length);

  const closing = Array.from(opening, (c) => CLOSING.get(c) ?? '').reverse();
  const separator = pattern?.endsInColon ? LIKE_A_COLON : COLON;
  let separated = punctuated;
  let announced = false;
  let last = end;
  for (;;) {
    const next = endAt(BLANKS, text, last);
    const after = separated ? -1 : endAt(separator, text, next);
    if (closing[0] !== undefined && text.startsWith(closing[0], next)) last = next + (closing.shift() ?? '').length;
    else if (after === -1) break;
    else {
      separated = true;
      announced = pattern?.endsInColon === true && !/[.…]/.test(text.slice(next, after));
      last = after;
    }
  }
  if (opening === '') last = Math.max(last, endAt(LEFT_OVER, text, last));

  const emphasised = /[*_]/.test(opening) && closing.length === 0;
  const begins = beginsLine !== null || emphasised || SENTENCE_BEFORE.test(before);
  const apart = pattern?.bracketed === true || announced || (begins && endAt(GOES_ON, text, last) === -1);
  return { start: start - line.length + before.length, end: last, open: closing.join(''), apart };
}

/**
 * The first occurrence of the marker from `from` on: an exact copy, or its words if they are set apart from the text.
 * Set apart are: words in brackets of their own; words followed by a colon or a dash, if the marker ends in a colon;
 * and words that begin a line or a sentence or are emphasised, if the sentence does not go on after them. An exact
 * copy counts even if it is only quoted.
 */
export function findMarker(text: string, marker: string, from = 0): FoundMarker | null {
  let pattern = patterns.get(marker);
  if (pattern === undefined) {
    pattern = patternOf(marker);
    patterns.set(marker, pattern);
  }
  const exact = text.indexOf(marker, from);
  if (pattern) {
    pattern.words.lastIndex = from;
    for (let match = pattern.words.exec(text); match; match = pattern.words.exec(text)) {
      if (exact !== -1 && exact <= match.index) break;
      const found = place(text, from, match.index, match.index + match[0].length, pattern, false);
      if (found.apart) return found;
    }
  }
  return exact === -1 ? null : place(text, from, exact, exact + marker.length, pattern, pattern?.endsInColon === true);
}
