/**
 * The rule judge checks a response against the prompt's reference answer and further checks, without a model. Also:
 * how far another judge's scores agree with the rule.
 */
import {
  type Check,
  isCheck,
  plain,
  readAlternatives,
  readLength,
  readPattern,
  readShape,
  type WeightedCheck,
} from '../recipe/checks';
import { rule } from '../recipe/judges/rule';
import type { OpenJudge } from './judge';

/** Characters. A longer response is wrong whatever it says. The limit is short for checks of a single answer. */
const LONGEST_ANSWER = 200;
const LONGEST = 20_000;

const NUMBER = String.raw`\d+(?:[.:,]\d+)*`;
/** The left side of an equation, such as `47 + 38 =`. Its numbers are not answers. */
const EQUATION = new RegExp(
  String.raw`(?:${NUMBER}\s*(?:[-+*x×÷/]|plus|minus|times|and)\s*)+${NUMBER}\s*(?:=|is|equals|makes|gives)\s*`,
  'gi',
);
const SIGNED = new RegExp(`-?${NUMBER}`, 'g');

const LEAD_IN = /^(?:(?:so|thus|therefore),? )?(?:the (?:correct |final )?answer is|it is|it's|answer:)\s*:?\s*/;
const WRAPPING = /^[ "'`*.!“”]+|[ "'`*.!“”]+$/g;

/** Whether the response names exactly one number (or time), and it equals the answer character by character. */
function namesNumber(response: string, answer: string): boolean {
  const numbers = response.replace(EQUATION, ' ').match(SIGNED) ?? [];
  return numbers.length === 1 && numbers[0] === answer;
}

/** Whether the response is the answer, ignoring case, white space, an introduction and surrounding punctuation. */
function isExactly(response: string, answer: string): boolean {
  const bare = response.toLowerCase().replace(/\s+/g, ' ').replace(LEAD_IN, '').replace(WRAPPING, '');
  return bare === answer.toLowerCase();
}

/** Whether the regular expression matches anywhere in the response; `^…$` matches the whole. */
function matchesPattern(response: string, answer: string): boolean {
  const pattern = readPattern(answer);
  return pattern.ok && pattern.test(response);
}

function contains(response: string, answer: string): boolean {
  const text = plain(response);
  return readAlternatives(answer)?.some((each) => text.includes(each)) ?? false;
}

function hasLength(response: string, answer: string): boolean {
  const range = readLength(answer);
  if (!range) return false;
  const length = range.unit === 'words' ? (response.match(/\S+/g) ?? []).length : [...response].length;
  return length >= range.min && length <= range.max;
}

const FENCED = /^```(?:json)?\s*\n([\s\S]*)\n\s*```$/i;

/** Whether the response is only JSON, bare or in one code fence, and has the required shape. */
function isJson(response: string, answer: string): boolean {
  try {
    return readShape(answer)?.(JSON.parse(FENCED.exec(response)?.[1] ?? response)) ?? false;
  } catch {
    return false;
  }
}

const RULES: Record<Check, { readonly longest: number; test(response: string, answer: string): boolean }> = {
  exact: { longest: LONGEST_ANSWER, test: isExactly },
  number: { longest: LONGEST_ANSWER, test: namesNumber },
  time: { longest: LONGEST_ANSWER, test: namesNumber },
  regex: { longest: LONGEST, test: matchesPattern },
  contains: { longest: LONGEST, test: contains },
  json: { longest: LONGEST, test: isJson },
  length: { longest: LONGEST, test: hasLength },
};

function passes(response: string, { check, answer }: Pick<WeightedCheck, 'check' | 'answer'>): boolean {
  const { longest, test } = RULES[check];
  if (response === '' || (response.length > longest && [...response].length > longest)) return false;
  return test(response, answer);
}

/** How responses to a prompt are checked: by its reference answer (weight 1), by further checks, or by both. */
export interface Checkable {
  readonly answer?: string;
  readonly check?: string;
  readonly checks?: readonly WeightedCheck[];
}

/** Empty if the prompt has no checks, or if it names an unknown one. */
function checksOf({ answer, check, checks = [] }: Checkable): readonly WeightedCheck[] {
  if (answer === undefined || check === undefined) return checks;
  return isCheck(check) ? [{ check, answer, weight: 1 }, ...checks] : [];
}

/** Whether the rule can decide if a response to the prompt is right. */
export const isCheckable = (prompt: Checkable): boolean => checksOf(prompt).length > 0;

/**
 * Weighted share of the checks that the response passes, 0 to 1; null if there is nothing to check.
 * @param response the text after the response marker, trimmed
 */
export function ruleScore(response: string, prompt: Checkable): number | null {
  const checks = checksOf(prompt);
  if (checks.length === 0) return null;
  const weightOf = (some: readonly WeightedCheck[]) => some.reduce((total, { weight }) => total + weight, 0);
  return weightOf(checks.filter((check) => passes(response, check))) / weightOf(checks);
}

/** Whether the response passes every check; null if there is nothing to check. */
export function isRight(response: string, prompt: Checkable): boolean | null {
  const score = ruleScore(response, prompt);
  return score === null ? null : score === 1;
}

/** Scores are the weighted share of passed checks. No scores for a prompt without checks. */
export const ruleJudge: OpenJudge = {
  name: rule.kind,
  promptVersion: null,
  dispose() {},
  async score({ responses, reference, checks }) {
    const prompt = { ...reference, ...(checks && { checks }) };
    const names = checksOf(prompt).map(({ check }) => check);
    if (names.length === 0) return { scores: responses.map(() => null), detail: 'the rule cannot check the prompt' };
    const scores = responses.map((response) => ruleScore(response, prompt));
    const right = scores.filter((score) => score === 1).length;
    return { scores, detail: `${names.join(', ')}: ${right} of ${responses.length} right` };
  },
};

/** A response with the judge's score and the rule's verdict; either may be null. */
export interface Judged {
  readonly score: number | null;
  readonly right: boolean | null;
}

export interface Agreement {
  /** 0 to 1. */
  readonly share: number;
  /** Number of pairs of a right and a wrong response. */
  readonly of: number;
}

/**
 * How often a judge scores a right response higher than a wrong response to the same prompt, over all such pairs with
 * two scores. A tie counts half, so chance is 0.5. Null if there is no such pair.
 * @param prompts the judged responses of each prompt
 */
export function agreement(prompts: readonly (readonly Judged[])[]): Agreement | null {
  let agreed = 0;
  let pairs = 0;
  for (const responses of prompts) {
    const scoresOf = (right: boolean) => responses.flatMap((each) => (each.right === right ? (each.score ?? []) : []));
    const wrong = scoresOf(false);
    for (const score of scoresOf(true)) {
      for (const other of wrong) {
        agreed += score > other ? 1 : score === other ? 0.5 : 0;
        pairs++;
      }
    }
  }
  return pairs === 0 ? null : { share: agreed / pairs, of: pairs };
}
