/**
 * What stands in a prompt's `answer`, by its check: `exact`, `number`, `time`: the answer itself. `regex`: a pattern to be found, `^\d+$` or
 * `/yes|no/i`. `contains`: texts of which one must occur, `Paris|City of Light`. `length`: `10-50 words`, `-200 characters`. `json`: the shape that the response
 * must have, `{"name": "string", "age?": "integer", "tags": ["string"]}`, or `any`.
 */
import { type LinearRegex, linearRegex } from '../lib/linear-regex';
import type { Check } from './checks';

const DELIMITED = /^\/(.+)\/([ims]*)$/s;

/** A pattern, alone or between slashes with its options behind them. */
export function readPattern(answer: string): LinearRegex {
  const [, pattern = answer, flags = ''] = DELIMITED.exec(answer) ?? [];
  if (new Set(flags).size < flags.length) return { ok: false, fault: 'has an option twice' };
  return linearRegex(pattern, flags);
}

/** Texts of which one is to occur, in lower case; null where one of them is empty. */
export function readAlternatives(answer: string): readonly string[] | null {
  const texts = answer.split('|').map(plain);
  return texts.includes('') ? null : texts;
}

/** Lower case, runs of white space as one space. */
export function plain(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}

export interface LengthRange {
  readonly min: number;
  readonly max: number;
  readonly unit: 'words' | 'characters';
}

/** `10-50 words`, `10- words`, `-50 words`, `10 words`. */
export function readLength(answer: string): LengthRange | null {
  const found = /^\s*(\d{0,7})\s*(?:([-–])\s*(\d{0,7}))?\s*(word|character)s?\s*$/i.exec(answer);
  if (!found) return null;
  const [, from = '', dash, to = '', unit = ''] = found;
  if (from === '' && to === '') return null;
  const min = Number(from);
  const max = dash === undefined ? min : to === '' ? Number.POSITIVE_INFINITY : Number(to);
  return min > max ? null : { min, max, unit: unit.toLowerCase() === 'word' ? 'words' : 'characters' };
}

const TYPES = {
  any: () => true,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
} as const satisfies Record<string, (value: unknown) => boolean>;

/** Whether a value has the shape. */
export type Shape = (value: unknown) => boolean;

const typeNames = Object.keys(TYPES).join(', ');
const isType = (name: unknown): name is keyof typeof TYPES => typeof name === 'string' && Object.hasOwn(TYPES, name);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns null where the template says something else than types, lists of one template, and keys */
function shapeOf(template: unknown): Shape | null {
  if (isType(template)) return TYPES[template];
  if (Array.isArray(template)) {
    if (template.length === 0) return Array.isArray;
    const element = template.length === 1 ? shapeOf(template[0]) : null;
    return element && ((value) => Array.isArray(value) && value.every(element));
  }
  if (!isRecord(template)) return null;
  const keys: { name: string; optional: boolean; shape: Shape }[] = [];
  for (const [key, inside] of Object.entries(template)) {
    const shape = shapeOf(inside);
    if (!shape) return null;
    const optional = key.endsWith('?');
    keys.push({ name: optional ? key.slice(0, -1) : key, optional, shape });
  }
  return (value) =>
    isRecord(value) &&
    keys.every(({ name, optional, shape }) => (Object.hasOwn(value, name) ? shape(value[name]) : optional));
}

/** The shape that a template asks for: keys it names must be there (`key?`: may), others may. null where it is none. */
export function readShape(answer: string): Shape | null {
  const bare = answer.trim();
  if (isType(bare)) return TYPES[bare];
  try {
    return shapeOf(JSON.parse(bare));
  } catch {
    return null;
  }
}

/** What is wrong with the answer of a check, as a clause; null where nothing is. */
export function answerFault(check: Check, answer: string): string | null {
  switch (check) {
    case 'exact':
    case 'number':
    case 'time':
      return null;
    case 'regex': {
      const pattern = readPattern(answer);
      return pattern.ok ? null : `the pattern ${pattern.fault}`;
    }
    case 'contains':
      return readAlternatives(answer) ? null : 'one of the texts between | is empty';
    case 'length':
      return readLength(answer) ? null : 'a length is written like "10-50 words" or "-200 characters"';
    case 'json':
      return readShape(answer)
        ? null
        : `the shape is JSON of keys and of types (${typeNames}), like {"name": "string"}, or any`;
    default:
      return check satisfies never;
  }
}
