/**
 * Prompt sets: JSON lines of `{id?, category?, instruction, answer?, check?, checks?}`. Other fields are ignored. An
 * answer without a check, or with `"check": null`, is a reference answer that no rule checks.
 */

import * as v from 'valibot';
import { LabError } from '../../lib/errors';
import { unixLines } from '../../lib/text';
import { answerFault, CHECKS, type WeightedCheck } from '../../recipe/checks';
import type { Prompt } from '../../records/prompts';
import { readJsonLines, writeJsonLines } from '../jsonl';

export const MAX_PROMPT_ROWS = 100_000;
/** Length of the whole text in UTF-16 code units. */
export const MAX_PROMPT_TEXT = 64 * 1024 * 1024;
/** Length of one instruction or answer in UTF-16 code units. */
const MAX_PROMPT_STRING = 65_536;

// A message completes a sentence that begins with the field's name.
const count = new Intl.NumberFormat('en');
const longest = (max: number) =>
  v.maxLength<string, number, string>(max, `has more than ${count.format(max)} characters`);
const NOT_TEXT = 'is not text';
const NO_CHECK = `is not one of ${CHECKS.join(', ')}`;
const WEIGHT = 'is not a number above 0 and up to 1,000';

const name = (max: number) => v.pipe(v.string(NOT_TEXT), v.minLength(1, 'is empty'), longest(max));
/** Many data sets write ids and answers as numbers. */
const nameOrNumber = (max: number) =>
  v.union([name(max), v.pipe(v.number(), v.finite(), v.transform(String))], 'is neither text nor a number');

/** A reference answer that no rule checks may be as long as an instruction. */
const AnswerSchema = v.union(
  [
    nameOrNumber(MAX_PROMPT_STRING),
    // The shape for a JSON check may be given as an object instead of as text.
    v.pipe(
      v.union([v.record(v.string(), v.unknown()), v.array(v.unknown())]),
      v.transform(JSON.stringify),
      longest(4096),
    ),
  ],
  'is neither text, a number nor a shape',
);
const MAX_CHECKS = 16;
const CheckSchema = v.object({
  check: v.picklist(CHECKS, NO_CHECK),
  answer: AnswerSchema,
  weight: v.optional(v.pipe(v.number(WEIGHT), v.gtValue(0, WEIGHT), v.maxValue(1000, WEIGHT)), 1),
});

/** A row of a stored set. */
export const PromptRowSchema = v.object({
  id: v.exactOptional(nameOrNumber(256)),
  category: v.exactOptional(name(256)),
  instruction: v.pipe(v.string(NOT_TEXT), longest(MAX_PROMPT_STRING), v.regex(/\S/, 'is empty')),
  answer: v.exactOptional(AnswerSchema),
  check: v.exactOptional(v.picklist(CHECKS, NO_CHECK)),
  checks: v.exactOptional(
    v.pipe(
      v.array(CheckSchema, 'is not a list'),
      v.minLength(1, 'is an empty list'),
      v.maxLength<WeightedCheck[], number, string>(MAX_CHECKS, `has more than ${MAX_CHECKS} checks`),
    ),
  ),
});

const LineSchema = v.object({ ...PromptRowSchema.entries, check: v.nullish(v.picklist(CHECKS, NO_CHECK)) });

/** A clause that says what is wrong with a row: `“category” has more than 256 characters`. */
export function rowFault([issue]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const keys = issue.path?.map(({ key }) => (typeof key === 'number' ? String(key + 1) : String(key))) ?? [];
  if (keys.length === 0) return 'it is not an object';
  // valibot has its own message for a missing key.
  return `“${keys.join(' ')}” ${/^Invalid key/.test(issue.message) ? 'is missing' : issue.message}`;
}

const ADVICE =
  'Nothing was imported. Each line is one JSON object like ' +
  '{"instruction": "How much is 2 + 2?", "answer": "4", "check": "number"}.';

function bad(message: string): never {
  throw new LabError('bad-prompts', message, ADVICE);
}

/** A row without an id gets one from its line number. @throws LabError bad-prompts, with the line number */
export function parsePrompts(text: string): Prompt[] {
  if (text.length > MAX_PROMPT_TEXT)
    bad(`The prompt set has ${text.length} characters; ${MAX_PROMPT_TEXT} are allowed.`);
  const rows: Prompt[] = [];
  const lineOfId = new Map<string, number>();
  for (const { line, value } of readJsonLines(unixLines(text))) {
    if (rows.length === MAX_PROMPT_ROWS) bad(`Line ${line}: the prompt set has more than ${MAX_PROMPT_ROWS} rows.`);
    if (value === undefined) bad(`Line ${line} is not JSON.`);
    const parsed = v.safeParse(LineSchema, value);
    if (!parsed.success) bad(`Line ${line}: ${rowFault(parsed.issues)}.`);
    const { id = `line-${line}`, check, ...row } = parsed.output;
    const { answer, checks = [] } = row;
    if (check && answer === undefined) bad(`Line ${line} has a check but no answer.`);
    for (const each of [...(check && answer !== undefined ? [{ check, answer }] : []), ...checks]) {
      const fault = answerFault(each.check, each.answer);
      if (fault !== null) bad(`Line ${line}: the answer of the check ${each.check} cannot be used: ${fault}.`);
    }
    const other = lineOfId.get(id);
    if (other !== undefined) bad(`Line ${line} has the id ${JSON.stringify(id)} of line ${other}.`);
    lineOfId.set(id, line);
    rows.push({ id, ...row, ...(check && { check }) });
  }
  if (rows.length === 0) bad('The prompt set has no rows.');
  return rows;
}

/**
 * The inverse of `parsePrompts`. It writes `"check": null` for an unchecked answer, because importing a file on the
 * page would otherwise choose a check that suits the answers.
 */
export const writePrompts = (rows: readonly Prompt[]): string =>
  writeJsonLines(
    rows.map((row) => (row.answer === undefined || row.check !== undefined ? row : { ...row, check: null })),
  );
