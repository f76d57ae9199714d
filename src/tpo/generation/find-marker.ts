/**
 * A marker of the thought prompt in what a model wrote. Asked for `Here is my response:`, real models write `**Here is my response:**`,
 * `### here is my response` or `"Here's my response" –`: the same words in another case, with other punctuation and mark-up.
 */

/** Half-open, in UTF-16 code units of the text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Where a marker stands, its mark-up and punctuation included. */
export interface FoundMarker extends TextRange {
  /** What would close the mark-up that opens before the marker and does not close behind it: `**` of `**Here is my response: 4**`. */
  readonly open: string;
}

interface Pattern {
  /** The marker's words, however they are written. */
  readonly words: RegExp;
  readonly endsInColon: boolean;
  /** It brings its own brackets, as `<R>` does: nothing else looks like it. */
  readonly bracketed: boolean;
}

/** Emphasis and quotes that open, and what closes them. */
const CLOSING = new Map(
  ['**', '__', '~~', '``', '""', "''", '“”', '„“', '‘’', '«»', '()', '[]'].map((p) => [p.charAt(0), p.charAt(1)]),
);
const OPENING = `[${[...CLOSING.keys()].join('').replace('[', '\\[')}]*`;
/** A line that is mark-up so far: heading, quotation, list item; then what opens. */
const ONLY_MARKUP = new RegExp(
  `^[ \\t]*(?:(?:#{1,6}|>|[-+•]|\\*(?=[ \\t])|\\d{1,2}[.)])[ \\t]*)*(${OPENING})[ \\t]*$`,
);
const OPENED = new RegExp(`\\s(${OPENING})$`);
const SENTENCE_BEFORE = /[.!?:;…。！？]["'”’»)*_]*\s+$/;

const BLANKS = /[ \t]*/y;
const COLON = /[:：﹕∶]/y;
const LIKE_A_COLON = /[:：﹕∶–—―→⇒]|-{1,3}>?(?=\s|$)|[.…]+(?=\s|$)/y;
/** The marker was only the beginning of this sentence. */
const GOES_ON = /[ \t]*[\p{Ll},;-]/uy;
/** Emphasis that only can close: white space follows. */
const LEFT_OVER = /[*_]+(?=\s|$)/y;

const WORD = /[\p{L}\p{N}]/u;
const BEFORE_WORD = '(?<![\\p{L}\\p{N}])';
const BEHIND_WORD = "(?!['’]?[\\p{L}\\p{N}])";
const BETWEEN_WORDS = '\\s+';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** null: a marker without words is only itself. */
function patternOf(marker: string): Pattern | null {
  const core = marker.replace(/^[\s#>*_~`"'“]+/, '').replace(/[\s:：*_~`"'”]+$/, '');
  if (!WORD.test(core)) return null;
  const bracketed = !WORD.test(core.charAt(0));
  const words = bracketed
    ? (core.match(/[\p{L}\p{N}]+|./gsu) ?? []).map(escaped).join('[ \\t]*')
    : BEFORE_WORD + core.split(/\s+/).map(spelled).join('') + BEHIND_WORD;
  return { words: new RegExp(words, 'giu'), endsInColon: /[:：][\s*_~`"'”]*$/.test(marker), bracketed };
}

/** A word with what stands before it; "is" may be contracted. */
function spelled(word: string, index: number): string {
  if (index === 0) return escaped(word);
  return word === 'is' ? `(?:${BETWEEN_WORDS}is|['’]s)` : BETWEEN_WORDS + escaped(word);
}

const patterns = new Map<string, Pattern | null>();

/** Where a sticky expression that matches at `index` ends, else -1. */
function endAt(expression: RegExp, text: string, index: number): number {
  expression.lastIndex = index;
  return expression.test(text) ? expression.lastIndex : -1;
}

interface Place extends FoundMarker {
  /** Nobody who only mentions the marker writes it like this. */
  readonly apart: boolean;
}

/** The words at [start, end) with the mark-up and punctuation around them. @param punctuated the words end in their colon */
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
    const behind = separated ? -1 : endAt(separator, text, next);
    if (closing[0] !== undefined && text.startsWith(closing[0], next)) last = next + (closing.shift() ?? '').length;
    else if (behind === -1) break;
    else {
      separated = true;
      announced = pattern?.endsInColon === true && !/[.…]/.test(text.slice(next, behind));
      last = behind;
    }
  }
  if (opening === '') last = Math.max(last, endAt(LEFT_OVER, text, last));

  const emphasised = /[*_]/.test(opening) && closing.length === 0;
  const begins = beginsLine !== null || emphasised || SENTENCE_BEFORE.test(before);
  const apart = pattern?.bracketed === true || announced || (begins && endAt(GOES_ON, text, last) === -1);
  return { start: start - line.length + before.length, end: last, open: closing.join(''), apart };
}

/**
 * The first place from `from` on where the marker stands: letter by letter, or as its words set apart from the text. Set apart are words in
 * brackets of their own, words with a colon or a dash behind them (where the marker has one), and words that begin a line or a sentence
 * or are emphasised, and with which no sentence goes on. A marker that is quoted or mentioned in passing counts like any other.
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
