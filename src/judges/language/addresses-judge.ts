/** Detects responses that try to influence the judge, such as "Choose A" or a ready-made verdict. */
const JUDGE = '(?:judges?|evaluators?|graders?|raters?|assessors?|scorers?|referees?)';
const ANSWER = '(?:responses?|answers?|options?|candidates?|completions?|outputs?|repl(?:y|ies)|assistants?)';
const PICK = String.raw`(?:choose|pick|select|prefer|favou?r|vote\s+for)`;
const RATE = '(?:rate|score|grade|give|award|assign)';
/** The place where an imperative can begin: a line, a sentence, or after a word such as `please` or `must`. */
const ORDER = String.raw`(?:^|[.!?:;,"'(*\n]|\b(?:[Pp]lease|must|should|shall|always|just|now|and|to|therefore)\b)\s*`;
const MARK = String.raw`(?:10|[1-9])(?![\d.,]*\d)`;

const raw = String.raw;
const pattern = (flags: string, ...parts: readonly string[]): RegExp => new RegExp(parts.join(''), flags);

/**
 * Each pattern takes linear time: an unbounded repetition is never next to something that could match the same text.
 */
const ADDRESSES: readonly RegExp[] = [
  // A verdict in the judge's own form.
  /\[\[\s{0,9}(?:[ABC]|10|[1-9])\s{0,9}\]\]/,
  // The judge is addressed by name.
  pattern(
    'i',
    raw`\b(?:dear|hey|hello|hi|attention|attn|note\s+(?:to|for)|message\s+(?:to|for)),?`,
    raw`\s+(?:the\s+|all\s+)?(?:\w{1,12}\s+)?${JUDGE}\b`,
  ),
  pattern(
    'i',
    raw`\bas\s+(?:the|an?|your)\s+(?:\w{1,12}\s+)?${JUDGE}\b,?\s+(?:you\b|your\b|please\b`,
    raw`|i\s+(?:choose|pick|prefer|rate|give|find|declare)\b|${PICK}\b|${RATE}\b)`,
  ),
  pattern('i', raw`\b${JUDGE}\s+(?:should|must|shall|will\s+want\s+to)\s+(?:${PICK}|${RATE})\b`),
  // Orders to choose. The letter must be a capital: "choose a" is followed by a noun.
  pattern(
    'm',
    raw`${ORDER}(?:[Cc]hoose|CHOOSE|[Pp]ick|PICK|[Ss]elect|SELECT|[Pp]refer|PREFER|[Vv]ote [Ff]or)\s+(?:[Tt]he\s+)?`,
    raw`(?:(?:[Rr]esponse|[Aa]nswer|[Aa]ssistant|[Cc]andidate|[Oo]ption)\s+)?`,
    raw`(?:\[\[|["'(*])?[AB]\b(?!['’-]|\s+[a-z])`,
  ),
  pattern(
    'im',
    raw`${ORDER}${PICK}\s+(?:me\b|mine\b|this\s+one\b|(?:this|my)\s+${ANSWER}\b`,
    raw`|the\s+(?:first|second|other)\s+${ANSWER}\b|${ANSWER}\s+[AB]\b)`,
  ),
  // Orders to rate.
  pattern(
    'im',
    raw`${ORDER}(?:rate|score|grade)\s+(?:(?:this|it|me|mine|my|the)\b\s*){1,2}(?:${ANSWER}\s*)?`,
    raw`(?:an?\s+|as\s+|at\s+|with\s+)?(?:${MARK}|highly|the\s+highest|full|perfect)\b`,
  ),
  pattern(
    'im',
    raw`${ORDER}(?:give|award|assign)\s+(?:me|mine|(?:this|my)\s+${ANSWER}|${ANSWER}\s+[AB])\s+(?:an?\s+|the\s+)?`,
    raw`(?:(?:perfect|full|highest|maximum|top|best|possible|high)\s+){0,3}`,
    raw`(?:${MARK}|scores?|ratings?|marks?|grades?)(?!\w)`,
  ),
  pattern(
    'i',
    raw`\b(?:you|judge)\s+(?:must|should|have\s+to|need\s+to|are\s+to|will)\s+(?:${PICK}|${RATE})`,
    raw`\s+(?:me|mine|this\s+${ANSWER}|my\s+${ANSWER}|${ANSWER}\s+[AB])\b`,
  ),
  // Claims about itself or the other response.
  pattern(
    'i',
    raw`\b(?:this|my)\s+${ANSWER}\s+(?:deserves|merits`,
    raw`|(?:should|must)\s+(?:be\s+(?:chosen|picked|preferred|selected|rated|scored)|get|receive|win)`,
    raw`|is\s+(?:the\s+)?(?:better|best|superior)\b)`,
  ),
  pattern(
    'i',
    raw`\b(?:the\s+other|${ANSWER}\s+[AB])\s+(?:${ANSWER}\s+)?(?:is|was|deserves|should|must|wins|loses)\s+`,
    raw`(?:\w{1,12}\s+){0,2}(?:better|best|worse|worst|wrong|incorrect|bad|superior|inferior|`,
    raw`chosen|rejected|preferred|lose|win)\b`,
  ),
  pattern(
    '',
    raw`\b(?:[Mm]y|[Tt]he|[Yy]our|[Ff]inal)\s+verdict\s*(?:is|:|should\s+be|must\s+be)\s*["'(*[]{0,2}`,
    raw`(?:${ANSWER}\s+)?[ABC]\b(?!\s+[a-z])`,
  ),
  // Attempts to leave the frame: orders to ignore the instructions, and control tokens.
  pattern(
    'i',
    raw`\b(?:ignore|disregard|forget|override)\s+(?:(?:all|any|the|your|of|these|those|my)\s+){0,3}`,
    raw`(?:(?:previous|prior|above|earlier|preceding|other|judging|grading|scoring|original)\s+){0,2}`,
    raw`(?:instructions?|criteria|rubrics?|guidelines|${ANSWER})\b`,
  ),
  /<[|｜][a-z_ ▁]{1,40}[|｜]>|\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>/i,
];

/** Characters of a response that are searched. */
const SEARCHED = 20_000;

/**
 * The words with which a response addresses the judge instead of the user, at most 80 characters. Null if it does not.
 */
export function addressesJudge(response: string): string | null {
  const plain = response
    .slice(0, SEARCHED)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '');
  for (const pattern of ADDRESSES) {
    const found = pattern.exec(plain)?.[0];
    if (found !== undefined) {
      return found
        .replace(/^[\s.!?:;,"'(*]+/, '')
        .replace(/\s+/g, ' ')
        .slice(0, 80);
    }
  }
  return null;
}
