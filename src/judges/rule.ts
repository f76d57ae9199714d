/** The rule judge: right or wrong, where a prompt has a reference answer. It reads the response only. */
import { type Check, isCheck } from '../recipe/checks';
import type { Judge } from './judge';

/** Characters. A longer response is wrong whatever it says. */
const LONGEST = 200;

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

const RULES: Record<Check, (response: string, answer: string) => boolean> = {
  exact: isExactly,
  number: namesNumber,
  time: namesNumber,
};

/** null where the rule has no such name. @param response after the marker, trimmed */
export function isRight(response: string, reference: { readonly answer: string; readonly check: string }): boolean | null {
  if (!isCheck(reference.check)) return null;
  if (response === '' || (response.length > LONGEST && [...response].length > LONGEST)) return false;
  return RULES[reference.check](response, reference.answer);
}

/** 1 right, 0 wrong; no verdict without a reference answer. */
export const ruleJudge: Judge = {
  async score({ responses, reference }) {
    if (reference === undefined) return { scores: responses.map(() => null), detail: 'the prompt has no reference answer' };
    const scores = responses.map((response) => {
      const right = isRight(response, reference);
      return right === null ? null : Number(right);
    });
    const right = scores.filter((score) => score === 1).length;
    return { scores, detail: `${reference.check}: ${right} of ${responses.length} right` };
  },
};
