/**
 * The checks that a prompt may name, and what its `answer` is for each. `exact`, `number`, `time`: the right answer.
 * `regex`: a pattern that occurs in the response, `^\d+$` or `/yes|no/i`. `contains`: texts of which at least one
 * occurs, `Paris|City of Light`. `length`: `10-50 words`, `-200 characters`. `json`: the shape of the response,
 * `{"name": "string", "age?": "integer", "tags": ["string"]}`, or `any`.
 */
import { type LinearRegex, linearRegex } from '../lib/linear-regex';

export const CHECKS = ['exact', 'number', 'time', 'regex', 'contains', 'json', 'length'] as const;
export type Check = (typeof CHECKS)[number];

/** One of several checks of a response. */
export interface WeightedCheck {
  readonly check: Check;
  readonly answer: string;
  readonly weight: number;
}

export function isCheck(name: string): name is Check {
  return CHECKS.some((check) => check === name);
}

const DELIMITED = /^\/(.+)\/([ims]*)$/s;

/** A pattern: `^\\d+$`, or between slashes with flags, `/yes|no/i`. */
export function readPattern(answer: string): LinearRegex {
  const [, pattern = answer, flags = ''] = DELIMITED.exec(answer) ?? [];
  if (new Set(flags).size < flags.length) return { ok: false, fault: 'has a flag twice' };
  return linearRegex(pattern, flags);
}

/** Alternatives, in lower case. null where one of them is empty. */
export function readAlternatives(answer: string): readonly string[] | null {
  const texts = answer.split('|').map(plain);
  return texts.includes('') ? null : texts;
}

/** Lower case, with single spaces for white space. */
export function plain(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}

export interface LengthRange {
  readonly min: number;
  readonly max: number;
  readonly unit: 'words' | 'characters';
}

/** `10-50 words`, `10- words`, `-50 words`, `10 words`. null where the text is none of these. */
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

/**
 * A template is the name of a type, a list of one template, or an object of templates. null where it is none of these.
 */
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

/**
 * The shape that a template describes. Keys that it names are required (`key?`: optional); other keys are allowed.
 * null: no template.
 */
export function readShape(answer: string): Shape | null {
  const bare = answer.trim();
  if (isType(bare)) return TYPES[bare];
  try {
    return shapeOf(JSON.parse(bare));
  } catch {
    return null;
  }
}

/** The fault of the answer of a check, as a clause. null: no fault. */
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
