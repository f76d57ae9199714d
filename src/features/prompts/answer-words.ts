import type { Prompt } from '../../records/prompts';
import { count, plural } from '../../ui/format';

/** Of one prompt, for a cell. */
export const checkWords = ({ check, checks }: Pick<Prompt, 'check' | 'checks'>): string =>
  [...(check === undefined ? [] : [check]), ...(checks === undefined ? [] : [plural(checks.length, 'check')])].join(
    ', ',
  ) || '–';

/** What there is to compare responses with, as a sentence. @param checked may have no reference answer: other checks need none */
export function answersSentence(answers: number, checked: number): string {
  if (answers === 0 && checked === 0) return 'None has a reference answer: a judge decides.';
  const rule = `${count(checked)} checked by a rule`;
  if (answers === 0) return `${rule}, none with a reference answer.`;
  return `${count(answers)} with a reference answer, ${rule}.`;
}
