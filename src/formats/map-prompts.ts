/** Rows of a table as prompts: mapped, checked, de-duplicated, and each on its side of the split. */
import * as v from 'valibot';
import { NearDuplicates } from '../lib/near-duplicates';
import { normalised } from '../lib/normalised';
import { textHash } from '../lib/text-hash';
import { answerFault, CHECKS } from '../recipe/checks';
import type { MappedRow, MappingOptions, PromptMapping } from '../records/prompt-import';
import type { Prompt } from '../records/prompts';
import { checkOf, textOf } from './prompt-layout';
import { isRecord, type PromptRecord, type PromptTable } from './prompt-table';
import { PromptRowSchema, rowFault } from './prompts';

/**
 * By the hash of the normalised instruction alone: the same row falls on the same side in every import, what repeats it falls with it, and
 * a larger share only adds to the held-out rows.
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
    // What is left out anyway may have the id of what it repeats.
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

/** As its column has it; null where there is none. */
const idIn = (value: PromptRecord['value'], { id }: PromptMapping): string | null =>
  (id === null ? null : textOf(value?.[id], 'user')?.trim()) || null;

/** What the file brings along is nobody's promise: whatever it does is that row's fault. @returns a clause where it is no prompt */
function promptOrFault(record: PromptRecord, mapping: PromptMapping, id: string): Prompt | string {
  try {
    return promptOf(record, mapping, id);
  } catch {
    return 'it holds something that is no text';
  }
}

/** @returns a clause where it is none */
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
  if (instruction === undefined) return `“${mapping.instruction}” is no text`;
  if (instruction === null || instruction.trim() === '') return `“${mapping.instruction}” is empty`;
  const named = mapping.checkColumn === null ? null : checkOf(value[mapping.checkColumn]);
  if (named === undefined) return `its check is none of ${CHECKS.join(', ')}`;
  const check = named ?? (mapping.checkColumn === null ? mapping.check : null);
  // The shape that a JSON check compares with may stand there as it is.
  const shape = answer === undefined && mapping.answer !== null ? value[mapping.answer] : undefined;
  const reference = shape === undefined ? answer?.trim() : JSON.stringify(shape, plainNumber);
  const row = {
    id,
    instruction: input?.trim() ? `${instruction.trim()}\n\n${input.trim()}` : instruction.trim(),
    ...(category?.trim() && { category: category.trim() }),
    ...(reference && { answer: reference, ...(check !== null && { check }) }),
    // The lab's own rows may carry several.
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

/** Parquet's integers of 64 bits, which JSON does not know: as numbers where those are exact. */
function plainNumber(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

const hasChecks = (cell: unknown): boolean =>
  Array.isArray(cell) && isRecord(cell[0]) && 'check' in cell[0] && 'answer' in cell[0];
