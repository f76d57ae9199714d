/** The rule judge: right or wrong, where a prompt says how to check a response. It reads the response only. */
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
import type { OpenJudge } from './judge';

/** Characters. A longer response is wrong whatever it says: short, where it is to be one answer. */
const LONGEST_ANSWER = 200;
const LONGEST = 20_000;

const NUMBER = String.raw`\d+(?:[.:,]\d+)*`;
/** The left side of an equation: `47 + 38 =` names no candidates. */
const EQUATION = new RegExp(
  String.raw`(?:${NUMBER}\s*(?:[-+*x×÷/]|plus|minus|times|and)\s*)+${NUMBER}\s*(?:=|is|equals|makes|gives)\s*`,
  'gi',
);
const SIGNED = new RegExp(`-?${NUMBER}`, 'g');

const LEAD_IN = /^(?:(?:so|thus|therefore),? )?(?:the (?:correct |final )?answer is|it is|it's|answer:)\s*:?\s*/;
const WRAPPING = /^[ "'`*.!“”]+|[ "'`*.!“”]+$/g;

/** The one number (or time) that the response names is the answer, character for character. */
function namesNumber(response: string, answer: string): boolean {
  const numbers = response.replace(EQUATION, ' ').match(SIGNED) ?? [];
  return numbers.length === 1 && numbers[0] === answer;
}

/** The response is the answer, up to case, white space, a lead-in and what is wrapped around it. */
function isExactly(response: string, answer: string): boolean {
  const bare = response.toLowerCase().replace(/\s+/g, ' ').replace(LEAD_IN, '').replace(WRAPPING, '');
  return bare === answer.toLowerCase();
}

/** It is found somewhere; `^…$` is the whole. */
function fits(response: string, answer: string): boolean {
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

/** JSON and nothing else, bare or in one code fence, of the shape that is asked for. */
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
  regex: { longest: LONGEST, test: fits },
  contains: { longest: LONGEST, test: contains },
  json: { longest: LONGEST, test: isJson },
  length: { longest: LONGEST, test: hasLength },
};

function fulfils(response: string, { check, answer }: Pick<WeightedCheck, 'check' | 'answer'>): boolean {
  const { longest, test } = RULES[check];
  if (response === '' || (response.length > longest && [...response].length > longest)) return false;
  return test(response, answer);
}

/** How responses to a prompt are checked: its reference answer (of weight 1), what else it asks for, or both. */
export interface Checkable {
  readonly answer?: string;
  readonly check?: string;
  readonly checks?: readonly WeightedCheck[];
}

/** Empty where there is nothing to check, or the rule has no such name. */
function checksOf({ answer, check, checks = [] }: Checkable): readonly WeightedCheck[] {
  if (answer === undefined || check === undefined) return checks;
  return isCheck(check) ? [{ check, answer, weight: 1 }, ...checks] : [];
}

/** Whether responses to the prompt are right or wrong. */
export const isCheckable = (prompt: Checkable): boolean => checksOf(prompt).length > 0;

/** 0 … 1: the share, by weight, of what the response fulfils; null where there is nothing to check. @param response after the marker, trimmed */
export function ruleScore(response: string, prompt: Checkable): number | null {
  const checks = checksOf(prompt);
  if (checks.length === 0) return null;
  const weight = (of: readonly WeightedCheck[]) => of.reduce((total, each) => total + each.weight, 0);
  return weight(checks.filter((check) => fulfils(response, check))) / weight(checks);
}

/** Whether it fulfils everything; null where there is nothing to check. */
export function isRight(response: string, prompt: Checkable): boolean | null {
  const score = ruleScore(response, prompt);
  return score === null ? null : score === 1;
}

/** 1 all right, 0 all wrong; no verdict without something to check. */
export const ruleJudge: OpenJudge = {
  name: 'rule',
  promptVersion: null,
  dispose() {},
  async score({ responses, reference, checks }) {
    const prompt = { ...reference, ...(checks && { checks }) };
    const names = checksOf(prompt).map(({ check }) => check);
    if (names.length === 0) return { scores: responses.map(() => null), detail: 'the prompt has no reference answer' };
    const scores = responses.map((response) => ruleScore(response, prompt));
    const right = scores.filter((score) => score === 1).length;
    return { scores, detail: `${names.join(', ')}: ${right} of ${responses.length} right` };
  },
};
