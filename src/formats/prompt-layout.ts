/** Which column of a table is what: the layouts that data sets are published in, and what users write themselves. */
import { type Check, isCheck } from '../recipe/checks';
import type { PromptLayout, PromptMapping } from '../records/prompt-import';
import { isRecord, type PromptRecord, type PromptTable, TEXT_COLUMN } from './prompt-table';

export const INSTRUCTION_NAMES: readonly string[] = [
  'instruction',
  'prompt',
  'question',
  'query',
  'problem',
  'task',
  'input',
  TEXT_COLUMN,
];
/** Alpaca's, Dolly's. */
const INPUT_NAMES = ['input', 'context'];
const CONVERSATION_NAMES = ['conversations', 'conversation', 'messages', 'dialogue', 'turns'];
const ANSWER_NAMES = ['answer', 'output', 'response', 'completion', 'target', 'solution', 'reference', 'label'];
const CATEGORY_NAMES = ['category', 'topic', 'type', 'subject', 'domain', 'source'];
const ID_NAMES = ['id', 'prompt_id', 'uuid', '_id', 'qid'];

/** Rows that are looked at. */
const SAMPLE = 200;

export function detectLayout(table: PromptTable): { readonly layout: PromptLayout; readonly mapping: PromptMapping } {
  const { columns } = table;
  const rows = table.records.filter(({ value }) => value !== null).slice(0, SAMPLE);
  const named = (names: readonly string[], but: readonly (string | null)[] = []) => {
    const free = columns.filter((column) => !but.includes(column));
    for (const name of names) {
      const found = free.find((column) => column.toLowerCase() === name);
      if (found !== undefined) return found;
    }
    return null;
  };
  const conversation =
    named(CONVERSATION_NAMES) ??
    columns.find((name) => name !== 'chosen' && name !== 'rejected' && holdsTurns(rows, name)) ??
    null;
  const chosen = named(['chosen']);
  const [instruction, output, prompt] = [named(['instruction']), named(['output']), named(['prompt'])];
  const checkColumn = named(['check']);

  let layout: PromptLayout = 'plain';
  let of: string;
  let answer: string | null;
  if (chosen !== null && (instruction !== null || prompt !== null || holdsTurns(rows, chosen))) {
    layout = 'trl';
    // The lab's own pairs have both, with the whole chat template and the thoughts in TRL's columns.
    [of, answer] = [instruction ?? prompt ?? chosen, named(['response_chosen']) ?? chosen];
  } else if (instruction !== null && output !== null && checkColumn === null) {
    layout = 'alpaca';
    [of, answer] = [instruction, output];
  } else if (conversation !== null && instruction === null) {
    layout = 'sharegpt';
    [of, answer] = [conversation, conversation];
  } else {
    of = named(INSTRUCTION_NAMES) ?? longestText(rows, columns) ?? columns[0] ?? TEXT_COLUMN;
    answer = named(ANSWER_NAMES, [of]);
  }
  const input = layout === 'alpaca' || layout === 'plain' ? named(INPUT_NAMES, [of, answer]) : null;
  const used = [of, input, answer, checkColumn];
  const answers =
    answer === null ? [] : rows.flatMap(({ value }) => textOf(value?.[answer], 'assistant')?.trim() || []);
  return {
    layout,
    mapping: {
      instruction: of,
      input,
      answer,
      checkColumn: answer === null ? null : checkColumn,
      check: checkFor(answers),
      category: named(CATEGORY_NAMES, used),
      id: named(ID_NAMES, used),
    },
  };
}

/** The rule that such answers can be checked by: a paragraph is never repeated letter for letter. */
function checkFor(answers: readonly string[]): Check | null {
  const most = (matches: (answer: string) => boolean) =>
    answers.length > 0 && answers.filter((answer) => matches(answer)).length >= 0.95 * answers.length;
  if (most((answer) => /^\d{1,2}:\d{2}$/.test(answer))) return 'time';
  if (most((answer) => /^-?\d+(?:[.:,]\d+)*$/.test(answer))) return 'number';
  if (most((answer) => answer.length <= 60 && !answer.includes('\n'))) return 'exact';
  return null;
}

function longestText(rows: readonly PromptRecord[], columns: readonly string[]): string | null {
  const total = (name: string) =>
    rows.reduce((sum, { value }) => sum + (typeof value?.[name] === 'string' ? String(value[name]).length : 0), 0);
  return columns.filter((name) => total(name) > 0).toSorted((a, b) => total(b) - total(a))[0] ?? null;
}

const holdsTurns = (rows: readonly PromptRecord[], name: string): boolean =>
  rows.some(({ value }) => turnsOf(value?.[name]) !== null);

interface Turn {
  readonly role: string;
  readonly text: string;
}

const USERS = ['user', 'human', 'prompter', 'instruction'];
const ASSISTANTS = ['assistant', 'gpt', 'model', 'bot', 'chatgpt', 'output'];

/** OpenAI's `{role, content}` and ShareGPT's `{from, value}`; null where it is no conversation. */
function turnsOf(value: unknown): readonly Turn[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const turns = value.flatMap((turn: unknown) => {
    if (!isRecord(turn)) return [];
    const role = turn.role ?? turn.from;
    const text = contentOf(turn.content ?? turn.value ?? turn.text);
    return typeof role === 'string' && text !== null ? [{ role: role.toLowerCase(), text }] : [];
  });
  return turns.length > 0 ? turns : null;
}

/** A text, or parts of which some are text. */
function contentOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((part: unknown) =>
    isRecord(part) && typeof part.text === 'string' ? [part.text] : [],
  );
  return texts.length > 0 ? texts.join('\n') : null;
}

/**
 * A cell as text: of a conversation the first turn of the user, or the answer to it. null where there is none; undefined where the cell
 * is something else than text.
 */
export function textOf(cell: unknown, role: 'user' | 'assistant'): string | null | undefined {
  if (cell === null || cell === undefined) return null;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return String(cell);
  const turns = turnsOf(cell);
  if (turns !== null) {
    const asked = turns.findIndex((turn) => USERS.includes(turn.role));
    if (role === 'user') return turns[asked]?.text ?? null;
    return turns.slice(asked + 1).find((turn) => ASSISTANTS.includes(turn.role))?.text ?? null;
  }
  // Data sets with several accepted answers.
  if (Array.isArray(cell) && typeof cell[0] === 'string') return cell[0];
  return undefined;
}

/** A cell that names a rule; undefined where no rule is called so. */
export function checkOf(cell: unknown): Check | null | undefined {
  if (cell === null || cell === undefined || cell === '') return null;
  return typeof cell === 'string' && isCheck(cell) ? cell : undefined;
}
