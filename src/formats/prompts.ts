/** Prompt sets: JSON lines of `{id?, category?, instruction, answer?, check?, checks?}`. Other fields are ignored. */
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import { firstIssue } from '../lib/issue';
import { answerFault } from '../recipe/check-answer';
import { CHECKS, type WeightedCheck } from '../recipe/checks';
import { readJsonLines } from './jsonl';

export const MAX_PROMPT_ROWS = 100_000;
/** UTF-16 code units. */
export const MAX_PROMPT_TEXT = 64 * 1024 * 1024;
/** Of one instruction or answer. */
export const MAX_PROMPT_STRING = 65_536;

const name = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));
/** Many data sets write ids and answers as numbers. */
const nameOrNumber = (max: number) => v.union([name(max), v.pipe(v.number(), v.finite(), v.transform(String))]);

/** A reference that nothing checks may be as long as an instruction. */
const AnswerSchema = v.union([
  nameOrNumber(MAX_PROMPT_STRING),
  // The shape of a JSON check may stand there as it is.
  v.pipe(v.union([v.record(v.string(), v.unknown()), v.array(v.unknown())]), v.transform(JSON.stringify), v.maxLength(4096)),
]);
const MAX_CHECKS = 16;
const CheckSchema = v.object({
  check: v.picklist(CHECKS),
  answer: AnswerSchema,
  weight: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1000)), 1),
});

/** What a row of a stored set is. */
export const PromptRowSchema = v.object({
  id: v.exactOptional(nameOrNumber(256)),
  category: v.exactOptional(name(256)),
  instruction: v.pipe(v.string(), v.maxLength(MAX_PROMPT_STRING), v.regex(/\S/, 'Invalid value: Expected some text')),
  answer: v.exactOptional(AnswerSchema),
  check: v.exactOptional(v.picklist(CHECKS)),
  checks: v.exactOptional(v.pipe(v.array(CheckSchema), v.minLength(1), v.maxLength(MAX_CHECKS))),
});

/** As src/tpo/types.ts has it. */
export interface PromptRow {
  readonly id: string;
  readonly instruction: string;
  readonly category?: string;
  readonly answer?: string;
  readonly check?: string;
  readonly checks?: readonly WeightedCheck[];
}

const ADVICE =
  'Nothing was imported. Each line is one JSON object like {"instruction": "How much is 2 + 2?", "answer": "4", "check": "number"}.';

function bad(message: string): never {
  throw new LabError('bad-prompts', message, ADVICE);
}

/** A row without an id is named by its line, an answer without a check is checked exactly. @throws LabError bad-prompts, with the line's number */
export function parsePrompts(text: string): PromptRow[] {
  if (text.length > MAX_PROMPT_TEXT) bad(`The prompt set has ${text.length} characters; ${MAX_PROMPT_TEXT} are allowed.`);
  const rows: PromptRow[] = [];
  const lineOfId = new Map<string, number>();
  for (const { line, value } of readJsonLines(text)) {
    if (rows.length === MAX_PROMPT_ROWS) bad(`Line ${line}: the prompt set has more than ${MAX_PROMPT_ROWS} rows.`);
    if (value === undefined) bad(`Line ${line} is not JSON.`);
    const parsed = v.safeParse(PromptRowSchema, value);
    if (!parsed.success) bad(`Line ${line}: ${firstIssue(parsed.issues)}.`);
    const { id = `line-${line}`, answer, check = 'exact', ...row } = parsed.output;
    if (parsed.output.check !== undefined && answer === undefined) bad(`Line ${line} has a check but no answer.`);
    for (const each of [...(answer === undefined ? [] : [{ check, answer }]), ...(row.checks ?? [])]) {
      const fault = answerFault(each.check, each.answer);
      if (fault !== null) bad(`Line ${line}: the answer of the check ${each.check} cannot be used: ${fault}.`);
    }
    const other = lineOfId.get(id);
    if (other !== undefined) bad(`Line ${line} has the id ${JSON.stringify(id)} of line ${other}.`);
    lineOfId.set(id, line);
    rows.push({ id, ...row, ...(answer !== undefined && { answer, check }) });
  }
  if (rows.length === 0) bad('The prompt set has no rows.');
  return rows;
}
