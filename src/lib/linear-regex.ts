/**
 * Untrusted regular expressions, matched in time proportional to pattern length × text length. All paths through the
 * pattern are followed at the same time (Thompson, 1968; Pike's virtual machine) instead of by backtracking, so no
 * pattern can hang the page. The syntax is JavaScript's with the flag `u`. Look-around and back-references, which this
 * method cannot match, are refused.
 */
import { at } from './assert';

/** In UTF-16 code units. */
const LONGEST_PATTERN = 500;
/** Steps of a compiled pattern. */
const MOST_STEPS = 1000;

export type LinearRegex =
  | { readonly ok: true; test(text: string): boolean }
  /** `fault`: the end of a sentence that begins with "the pattern". */
  | { readonly ok: false; readonly fault: string };

type Node =
  | { readonly kind: 'one'; readonly source: string }
  | { readonly kind: 'assertion'; readonly source: string }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

class Refused extends Error {}

const ESCAPE = new RegExp(
  [
    String.raw`\\(?:[pP]\{[^}]*\}|u\{[^}]*\}`,
    // A surrogate pair is one character.
    String.raw`|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}`,
    String.raw`|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|.)`,
  ].join(''),
  'suy',
);
const CLASS = /\[(?:\\.|[^\]\\])*\]/suy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/uy;
const GROUP = /\((?:\?:|\?<[^=!>][^>]*>|(?!\?))/uy;

/** The syntax tree of a pattern that is known to be valid. */
function parse(pattern: string): Node {
  let position = 0;
  const take = (what: RegExp): RegExpExecArray | null => {
    what.lastIndex = position;
    const found = what.exec(pattern);
    if (found) position = what.lastIndex;
    return found;
  };

  const choice = (): Node => {
    const options = [sequence()];
    while (pattern[position] === '|') {
      position++;
      options.push(sequence());
    }
    return options.length === 1 ? at(options, 0) : { kind: 'choice', options };
  };
  const sequence = (): Node => {
    const items: Node[] = [];
    while (position < pattern.length && pattern[position] !== '|' && pattern[position] !== ')')
      items.push(repeated(single()));
    return { kind: 'sequence', items };
  };
  const single = (): Node => {
    const first = String.fromCodePoint(pattern.codePointAt(position) ?? 0);
    if (first === '(') {
      if (!take(GROUP))
        throw new Refused('looks ahead or behind, or sets flags inside the pattern, which is not supported');
      const inside = choice();
      position++;
      return inside;
    }
    if (first === '\\') {
      const source = take(ESCAPE)?.[0] ?? '';
      if (/^\\[1-9k]/.test(source)) throw new Refused('refers back to a group, which is not supported');
      return { kind: /^\\[bB]$/.test(source) ? 'assertion' : 'one', source };
    }
    if (first === '[') return { kind: 'one', source: take(CLASS)?.[0] ?? '' };
    position += first.length;
    return { kind: first === '^' || first === '$' ? 'assertion' : 'one', source: first };
  };
  const repeated = (node: Node): Node => {
    const found = take(QUANTIFIER);
    if (!found) return node;
    const [, sign, from, comma, to] = found;
    if (sign !== undefined)
      return { kind: 'repeat', node, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
    const min = Number(from);
    return { kind: 'repeat', node, min, max: comma === '' ? min : to === '' ? Number.POSITIVE_INFINITY : Number(to) };
  };
  return choice();
}

type Step =
  | { readonly kind: 'one'; matches(point: number): boolean }
  | { readonly kind: 'assertion'; readonly source: string }
  /** Continues at each of these steps. */
  | { readonly kind: 'fork'; readonly to: number[] }
  | { readonly kind: 'end' };

/** The steps of the virtual machine. Bounded repetitions are unrolled. */
function compile(tree: Node, flags: string): Step[] {
  const steps: Step[] = [];
  const add = <S extends Step>(step: S): S => {
    if (steps.length >= MOST_STEPS)
      throw new Refused(`is too large: with its repetitions unrolled it has more than ${MOST_STEPS} steps`);
    steps.push(step);
    return step;
  };
  const fork = () => add({ kind: 'fork' as const, to: [] as number[] });
  const emit = (node: Node): void => {
    switch (node.kind) {
      case 'one':
        add({ kind: 'one', matches: charTest(node.source, flags) });
        return;
      case 'assertion':
        add({ kind: 'assertion', source: node.source });
        return;
      case 'sequence':
        node.items.forEach(emit);
        return;
      case 'choice': {
        const start = fork();
        const ends = node.options.map((option) => {
          start.to.push(steps.length);
          emit(option);
          return fork();
        });
        for (const end of ends) end.to.push(steps.length);
        return;
      }
      case 'repeat': {
        for (let i = 0; i < node.min; i++) emit(node.node);
        if (node.max === Number.POSITIVE_INFINITY) {
          const start = steps.length;
          const loop = fork();
          loop.to.push(steps.length);
          emit(node.node);
          fork().to.push(start);
          loop.to.push(steps.length);
          return;
        }
        const exits = Array.from({ length: node.max - node.min }, () => {
          const exit = fork();
          exit.to.push(steps.length);
          emit(node.node);
          return exit;
        });
        for (const exit of exits) exit.to.push(steps.length);
        return;
      }
      default:
        node satisfies never;
    }
  };
  emit(tree);
  add({ kind: 'end' });
  return steps;
}

/** Tests single characters with the browser's own engine, which cannot backtrack on one character. */
function charTest(source: string, flags: string): (point: number) => boolean {
  const one = new RegExp(`^(?:${source})$`, flags.replace('m', ''));
  const known = new Map<number, boolean>();
  return (point) => {
    let matches = known.get(point);
    if (matches === undefined) {
      matches = one.test(String.fromCodePoint(point));
      known.set(point, matches);
    }
    return matches;
  };
}

const isLineEnd = (point: number | undefined) =>
  point === 0x0a || point === 0x0d || point === 0x2028 || point === 0x2029;
const isWord = (point: number | undefined) => point !== undefined && /\w/.test(String.fromCodePoint(point));

function holds(source: string, before: number | undefined, after: number | undefined, lines: boolean): boolean {
  if (source === '^') return before === undefined || (lines && isLineEnd(before));
  if (source === '$') return after === undefined || (lines && isLineEnd(after));
  return (isWord(before) !== isWord(after)) === (source === '\\b');
}

function run(steps: readonly Step[], text: string, lines: boolean): boolean {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  let current: number[] = [];
  for (let i = 0; i <= points.length; i++) {
    // A match may begin anywhere.
    const open = [...current, 0];
    const seen = new Uint8Array(steps.length);
    const next: number[] = [];
    for (let p = open.pop(); p !== undefined; p = open.pop()) {
      if (seen[p]) continue;
      seen[p] = 1;
      const step = at(steps, p);
      if (step.kind === 'end') return true;
      if (step.kind === 'fork') open.push(...step.to);
      else if (step.kind === 'assertion') {
        if (holds(step.source, points[i - 1], points[i], lines)) open.push(p + 1);
      } else {
        const point = points[i];
        if (point !== undefined && step.matches(point)) next.push(p + 1);
      }
    }
    current = next;
  }
  return false;
}

/** @param flags any of `i`, `m` and `s` */
export function linearRegex(pattern: string, flags = ''): LinearRegex {
  if (pattern.length > LONGEST_PATTERN) return { ok: false, fault: `is longer than ${LONGEST_PATTERN} characters` };
  const unicode = `${flags}u`;
  try {
    new RegExp(pattern, unicode);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : '';
    return { ok: false, fault: `is not a regular expression (${reason})` };
  }
  try {
    const steps = compile(parse(pattern), unicode);
    return { ok: true, test: (text) => run(steps, text, flags.includes('m')) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, fault: error.message };
    throw error;
  }
}
