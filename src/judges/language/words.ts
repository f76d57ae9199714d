/** A question to a judge: its words with the texts filled in, each fenced. And what in a response speaks to the judge. */
import { Random } from '../../lib/random';
import { sha256OfText } from '../../lib/sha256';

/** No vowels: a fence is no word. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';
const FENCE_LENGTH = 8;

/** A mark that none of the texts contains, other texts, other mark; equal arguments give an equal one. */
export function fenceFor(texts: readonly string[], seed: number, stream = ''): string {
  const random = new Random(seed, `fence/${stream}/${texts.join('\0')}`);
  for (;;) {
    const fence = Array.from({ length: FENCE_LENGTH }, () => LETTERS.charAt(random.below(LETTERS.length))).join('');
    if (!texts.some((text) => text.includes(fence))) return fence;
  }
}

/**
 * Texts with which chat templates mark turns and documents (`<|im_end|>`, `<end_of_turn>`, `</s>`, `[INST]`, `<think>` …). Many servers read them
 * as what they mark wherever they stand.
 */
const CONTROL =
  /<(?=[|｜][^<>\n]{0,64}[|｜]>|\/?(?:s|bos|eos|pad|unk|mask|think|start_of_turn|end_of_turn|start_header_id|end_header_id)>)|<(?=<\/?SYS>)|\[(?=\/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\])/giu;

/** The text with a word joiner (invisible, U+2060) in what would be read as a control token: so it is encoded as text, and reads the same. */
export const asText = (text: string): string => text.replace(CONTROL, '$&\u2060');

export type Texts =
  | { readonly instruction: string; readonly response: string }
  | { readonly instruction: string; readonly first: string; readonly second: string };

const PLACEHOLDER = /\{(instruction|response|first|second|fence)\}/g;

/** The words with every text in its place, fenced. What a text holds is never filled in again. */
export function judgeMessage(words: string, texts: Texts, fence: string): string {
  const fills = new Map(
    Object.entries(texts).map(([name, text]) => [name, `<${fence}>\n${asText(text)}\n</${fence}>`]),
  );
  fills.set('fence', fence);
  return words.replace(PLACEHOLDER, (placeholder: string, name: string) => fills.get(name) ?? placeholder);
}

/** Names the words and the way in which texts are put into them: first 8 hex digits of a sha-256. */
export function promptVersion(words: string): string {
  const texts = { instruction: '{instruction}', response: '{response}', first: '{first}', second: '{second}' };
  return sha256OfText(judgeMessage(words, texts, '{fence}')).slice(0, 8);
}

const JUDGE = '(?:judges?|evaluators?|graders?|raters?|assessors?|scorers?|referees?)';
const ANSWER = '(?:responses?|answers?|options?|candidates?|completions?|outputs?|repl(?:y|ies)|assistants?)';
const PICK = String.raw`(?:choose|pick|select|prefer|favou?r|vote\s+for)`;
const RATE = '(?:rate|score|grade|give|award|assign)';
/** Where an order begins: a line, a sentence, or after a word that makes it one. */
const ORDER = String.raw`(?:^|[.!?:;,"'(*\n]|\b(?:[Pp]lease|must|should|shall|always|just|now|and|to|therefore)\b)\s*`;
const MARK = String.raw`(?:10|[1-9])(?![\d.,]*\d)`;

/** Each is linear: what repeats without bound stands next to nothing that it could also be. */
const ADDRESSES: readonly RegExp[] = [
  // A verdict in the form that only the judge uses.
  /\[\[\s{0,9}(?:[ABC]|10|[1-9])\s{0,9}\]\]/,
  // By its name.
  new RegExp(
    String.raw`\b(?:dear|hey|hello|hi|attention|attn|note\s+(?:to|for)|message\s+(?:to|for)),?\s+(?:the\s+|all\s+)?(?:\w{1,12}\s+)?${JUDGE}\b`,
    'i',
  ),
  new RegExp(
    String.raw`\bas\s+(?:the|an?|your)\s+(?:\w{1,12}\s+)?${JUDGE}\b,?\s+(?:you\b|your\b|please\b|i\s+(?:choose|pick|prefer|rate|give|find|declare)\b|${PICK}\b|${RATE}\b)`,
    'i',
  ),
  new RegExp(String.raw`\b${JUDGE}\s+(?:should|must|shall|will\s+want\s+to)\s+(?:${PICK}|${RATE})\b`, 'i'),
  // Orders to choose. The letter is a capital: "choose a" begins a noun.
  new RegExp(
    `${ORDER}(?:[Cc]hoose|CHOOSE|[Pp]ick|PICK|[Ss]elect|SELECT|[Pp]refer|PREFER|[Vv]ote [Ff]or)\\s+(?:[Tt]he\\s+)?(?:(?:[Rr]esponse|[Aa]nswer|[Aa]ssistant|[Cc]andidate|[Oo]ption)\\s+)?(?:\\[\\[|["'(*])?[AB]\\b(?!['’-]|\\s+[a-z])`,
    'm',
  ),
  new RegExp(
    String.raw`${ORDER}${PICK}\s+(?:me\b|mine\b|this\s+one\b|(?:this|my)\s+${ANSWER}\b|the\s+(?:first|second|other)\s+${ANSWER}\b|${ANSWER}\s+[AB]\b)`,
    'im',
  ),
  // Orders to rate.
  new RegExp(
    String.raw`${ORDER}(?:rate|score|grade)\s+(?:(?:this|it|me|mine|my|the)\b\s*){1,2}(?:${ANSWER}\s*)?(?:an?\s+|as\s+|at\s+|with\s+)?(?:${MARK}|highly|the\s+highest|full|perfect)\b`,
    'im',
  ),
  new RegExp(
    String.raw`${ORDER}(?:give|award|assign)\s+(?:me|mine|(?:this|my)\s+${ANSWER}|${ANSWER}\s+[AB])\s+(?:an?\s+|the\s+)?(?:(?:perfect|full|highest|maximum|top|best|possible|high)\s+){0,3}(?:${MARK}|scores?|ratings?|marks?|grades?)(?!\w)`,
    'im',
  ),
  new RegExp(
    String.raw`\b(?:you|judge)\s+(?:must|should|have\s+to|need\s+to|are\s+to|will)\s+(?:${PICK}|${RATE})\s+(?:me|mine|this\s+${ANSWER}|my\s+${ANSWER}|${ANSWER}\s+[AB])\b`,
    'i',
  ),
  // Of itself and of the other.
  new RegExp(
    String.raw`\b(?:this|my)\s+${ANSWER}\s+(?:deserves|merits|(?:should|must)\s+(?:be\s+(?:chosen|picked|preferred|selected|rated|scored)|get|receive|win)|is\s+(?:the\s+)?(?:better|best|superior)\b)`,
    'i',
  ),
  new RegExp(
    String.raw`\b(?:the\s+other|${ANSWER}\s+[AB])\s+(?:${ANSWER}\s+)?(?:is|was|deserves|should|must|wins|loses)\s+(?:\w{1,12}\s+){0,2}(?:better|best|worse|worst|wrong|incorrect|bad|superior|inferior|chosen|rejected|preferred|lose|win)\b`,
    'i',
  ),
  new RegExp(
    String.raw`\b(?:[Mm]y|[Tt]he|[Yy]our|[Ff]inal)\s+verdict\s*(?:is|:|should\s+be|must\s+be)\s*["'(*[]{0,2}(?:${ANSWER}\s+)?[ABC]\b(?!\s+[a-z])`,
  ),
  // Out of its frame.
  new RegExp(
    String.raw`\b(?:ignore|disregard|forget|override)\s+(?:(?:all|any|the|your|of|these|those|my)\s+){0,3}(?:(?:previous|prior|above|earlier|preceding|other|judging|grading|scoring|original)\s+){0,2}(?:instructions?|criteria|rubrics?|guidelines|${ANSWER})\b`,
    'i',
  ),
  /<[|｜][a-z_ ▁]{1,40}[|｜]>|\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>/i,
];

/** Characters of a response that are looked at: an address that comes later reaches nobody who reads from the start. */
const LOOKED_AT = 20_000;

/** The words with which a response speaks to its judge instead of to the user, at most 80 characters; null where it does not. */
export function addressesJudge(response: string): string | null {
  const plain = response
    .slice(0, LOOKED_AT)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '');
  for (const pattern of ADDRESSES) {
    const found = pattern.exec(plain)?.[0];
    if (found !== undefined)
      return found
        .replace(/^[\s.!?:;,"'(*]+/, '')
        .replace(/\s+/g, ' ')
        .slice(0, 80);
  }
  return null;
}
