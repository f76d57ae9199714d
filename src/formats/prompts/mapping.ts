/** Turns the rows of a table into prompts: maps the columns, checks, removes duplicates, and assigns the split. */

import * as v from 'valibot';
import { NearDuplicates } from '../../lib/near-duplicates';
import { normalised, textHash } from '../../lib/text';
import { answerFault, CHECKS } from '../../recipe/checks';
import type { MappedRow, MappingOptions, PromptMapping } from '../../records/prompt-import';
import type { Prompt } from '../../records/prompts';
import { checkOf, textOf } from './layout';
import { PromptRowSchema, rowFault } from './prompt-set';
import { isRecord, type PromptRecord, type PromptTable } from './table';

/**
 * The side depends only on the hash of the normalised instruction. So a row and its repetitions fall on the same side
 * in every import, and a larger share only adds rows to the held-out side.
 */
export const sideOf = (instruction: string, heldoutShare: number): MappedRow['side'] =>
  textHash(normalised(instruction)) < heldoutShare * 0x1_0000_0000 ? 'held-out' : 'training';

export function mapPrompts(table: PromptTable, options: MappingOptions): MappedRow[] {
  const { mapping, dropDuplicates, dropNearDuplicates, heldoutShare } = options;
  const lineOf = new Map<string, number>();
  const lineOfId = new Map<string, number>();
  const near = new NearDuplicates<number>();
  const given = new Set(table.records.map(({ value }) => idIn(value, mapping)));
  const ownId = (line: number): string => {
    let id = `${table.unit}-${line}`;
    while (given.has(id)) id += '-own';
    return id;
  };
  return table.records.map((record): MappedRow => {
    const { line } = record;
    const none = {
      line,
      prompt: null,
      duplicateOf: null,
      nearDuplicateOf: null,
      side: 'training',
      kept: false,
    } as const;
    const id = idIn(record.value, mapping);
    const mapped = promptOrFault(record, mapping, id ?? ownId(line));
    if (typeof mapped === 'string') return { ...none, fault: mapped };

    const key = normalised(mapped.instruction);
    const row = { ...none, prompt: mapped, fault: null, side: sideOf(mapped.instruction, heldoutShare) };
    const duplicateOf = lineOf.get(key) ?? null;
    // A duplicate that is left out may share the id of the row that it repeats.
    if (dropDuplicates && duplicateOf !== null) return { ...row, duplicateOf };
    const other = id === null ? undefined : lineOfId.get(id);
    if (other !== undefined)
      return { ...none, fault: `it has the id ${JSON.stringify(id)} of ${table.unit} ${other}` };

    if (duplicateOf === null) lineOf.set(key, line);
    const nearDuplicateOf = dropNearDuplicates && duplicateOf === null ? near.add(line, mapped.instruction) : null;
    const kept = nearDuplicateOf === null;
    if (kept && id !== null) lineOfId.set(id, line);
    return { ...row, duplicateOf, nearDuplicateOf, kept };
  });
}

/** The id in the id column, or null. */
const idIn = (value: PromptRecord['value'], { id }: PromptMapping): string | null =>
  (id === null ? null : textOf(value?.[id], 'user')?.trim()) || null;

/**
 * Foreign values may throw when they are read. Then that row is faulty.
 * @returns the prompt, or a clause that says what is wrong
 */
function promptOrFault(record: PromptRecord, mapping: PromptMapping, id: string): Prompt | string {
  try {
    return promptOf(record, mapping, id);
  } catch {
    return 'it holds something that is not text';
  }
}

/** @returns the prompt, or a clause that says what is wrong */
function promptOf({ value, fault }: PromptRecord, mapping: PromptMapping, id: string): Prompt | string {
  if (value === null) return fault ?? 'it could not be read';
  const cell = (column: string | null, role: 'user' | 'assistant') =>
    column === null ? null : textOf(value[column], role);
  const [instruction, input, answer, category] = [
    cell(mapping.instruction, 'user'),
    cell(mapping.input, 'user'),
    cell(mapping.answer, 'assistant'),
    cell(mapping.category, 'user'),
  ];
  if (instruction === undefined) return `“${mapping.instruction}” is not text`;
  if (instruction === null || instruction.trim() === '') return `“${mapping.instruction}” is empty`;
  const named = mapping.checkColumn === null ? null : checkOf(value[mapping.checkColumn]);
  if (named === undefined) return `its check is not one of ${CHECKS.join(', ')}`;
  const check = named ?? (mapping.checkColumn === null ? mapping.check : null);
  // The shape for a JSON check may be given as an object instead of as text.
  const shape = answer === undefined && mapping.answer !== null ? value[mapping.answer] : undefined;
  const reference = shape === undefined ? answer?.trim() : JSON.stringify(shape, plainNumber);
  const row = {
    id,
    instruction: input?.trim() ? `${instruction.trim()}\n\n${input.trim()}` : instruction.trim(),
    ...(category?.trim() && { category: category.trim() }),
    ...(reference && { answer: reference, ...(check !== null && { check }) }),
    // Rows in the format of the bundled sets may have several checks.
    ...(hasChecks(value.checks) && { checks: value.checks }),
  };
  const parsed = v.safeParse(PromptRowSchema, row);
  if (!parsed.success) return rowFault(parsed.issues);
  for (const each of [
    ...(row.check && row.answer ? [{ check: row.check, answer: row.answer }] : []),
    ...(parsed.output.checks ?? []),
  ]) {
    const unusable = answerFault(each.check, each.answer);
    if (unusable !== null) return `the answer of its check ${each.check} cannot be used: ${unusable}`;
  }
  return { ...parsed.output, id };
}

/** JSON has no 64-bit integers, but Parquet does. They become numbers if those are exact, else strings. */
function plainNumber(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

const hasChecks = (cell: unknown): boolean =>
  Array.isArray(cell) && isRecord(cell[0]) && 'check' in cell[0] && 'answer' in cell[0];
