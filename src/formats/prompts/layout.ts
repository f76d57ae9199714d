/**
 * Recognises which column holds what, in the layouts of published data sets and in tables that users write themselves.
 */
import { type Check, isCheck } from '../../recipe/checks';
import type { PromptLayout, PromptMapping } from '../../records/prompt-import';
import { isRecord, type PromptRecord, type PromptTable, TEXT_COLUMN } from './table';

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
/** The names in Alpaca and in Dolly. */
const INPUT_NAMES = ['input', 'context'];
const CONVERSATION_NAMES = ['conversations', 'conversation', 'messages', 'dialogue', 'turns'];
const ANSWER_NAMES = ['answer', 'output', 'response', 'completion', 'target', 'solution', 'reference', 'label'];
const CATEGORY_NAMES = ['category', 'topic', 'type', 'subject', 'domain', 'source'];
const ID_NAMES = ['id', 'prompt_id', 'uuid', '_id', 'qid'];

/** Rows that are examined. */
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
  let asked: string;
  let answer: string | null;
  if (chosen !== null && (instruction !== null || prompt !== null || holdsTurns(rows, chosen))) {
    layout = 'trl';
    // The lab's exported pairs have both kinds of columns. TRL's hold the whole chat template and the thoughts.
    [asked, answer] = [instruction ?? prompt ?? chosen, named(['response_chosen']) ?? chosen];
  } else if (instruction !== null && output !== null && checkColumn === null) {
    layout = 'alpaca';
    [asked, answer] = [instruction, output];
  } else if (conversation !== null && instruction === null) {
    layout = 'sharegpt';
    [asked, answer] = [conversation, conversation];
  } else {
    asked = named(INSTRUCTION_NAMES) ?? longestText(rows, columns) ?? columns[0] ?? TEXT_COLUMN;
    answer = named(ANSWER_NAMES, [asked]);
  }
  const input = layout === 'alpaca' || layout === 'plain' ? named(INPUT_NAMES, [asked, answer]) : null;
  const used = [asked, input, answer, checkColumn];
  const answers =
    answer === null ? [] : rows.flatMap(({ value }) => textOf(value?.[answer], 'assistant')?.trim() || []);
  return {
    layout,
    mapping: {
      instruction: asked,
      input,
      answer,
      checkColumn: answer === null ? null : checkColumn,
      check: checkFor(answers),
      category: named(CATEGORY_NAMES, used),
      id: named(ID_NAMES, used),
    },
  };
}

/** The rule that can check such answers. Long answers get none, because no model repeats a paragraph exactly. */
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

/** Turns in OpenAI's form `{role, content}` or ShareGPT's `{from, value}`. Null if the value is not a conversation. */
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

/** The content is a text, or a list of parts of which some are text. */
function contentOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((part: unknown) =>
    isRecord(part) && typeof part.text === 'string' ? [part.text] : [],
  );
  return texts.length > 0 ? texts.join('\n') : null;
}

/**
 * A cell as text. For a conversation that is the first turn of the user, or the answer to it. Null if there is none,
 * undefined if the cell is not text.
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
  // Some data sets list several accepted answers.
  if (Array.isArray(cell) && typeof cell[0] === 'string') return cell[0];
  return undefined;
}

/** The rule that a cell names. Null if the cell is empty, undefined if there is no such rule. */
export function checkOf(cell: unknown): Check | null | undefined {
  if (cell === null || cell === undefined || cell === '') return null;
  return typeof cell === 'string' && isCheck(cell) ? cell : undefined;
}
