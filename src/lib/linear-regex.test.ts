import { describe, expect, it } from 'vitest';
import { at } from './assert';
import { linearRegex } from './linear-regex';
import { Random } from './random';

/** Whether the pattern matches, or why it was refused. */
const matches = (pattern: string, text: string, flags = ''): boolean | string => {
  const regex = linearRegex(pattern, flags);
  return regex.ok ? regex.test(text) : regex.fault;
};

describe('what it finds', () => {
  it.each([
    ['^\\d+$', ''],
    ['^\\d{2,3}$', ''],
    ['^\\d{2,}$', ''],
    ['(?:ab|a)*c', ''],
    ['(a|ab)(c|bcd)(d*)$', ''],
    ['^(?<year>\\d{4})-(\\d\\d)$', ''],
    ['\\bcat\\b', 'i'],
    ['\\Bcat', ''],
    ['^b$', 'm'],
    ['a.c', ''],
    ['a.c', 's'],
    ['[^a-c\\]]+x', ''],
    ['[\\w-]+@[\\w.]+', ''],
    ['\\p{Lu}\\p{Ll}+', ''],
    ['\\u{1f642}|\\ud83d\\ude00', ''],
    ['^.$', ''],
    ['é+', 'i'],
    ['', ''],
    ['()', ''],
    ['(a*)*b', ''],
    ['(a?){3}b', ''],
    ['x{0}y', ''],
    ['a|', ''],
    ['^(?:|a)+$', ''],
    ['a+?b??', ''],
    ['\\.\\*\\/', ''],
    ['[]', ''],
    ['[^]', ''],
    ['\\cA|\\x41|\\0', ''],
  ])('/%s/%s finds what the browser’s own finds', (pattern, flags) => {
    const own = new RegExp(pattern, `${flags}u`);
    const texts = [
      ...[
        '',
        'a',
        'b',
        'A',
        'é',
        'É',
        '12',
        '123',
        '1234',
        '2024-05',
        'abc',
        'acd',
        'abcd',
        'aab',
        'c',
        'ababc',
        'cat',
        'the Cat sat',
        'concat',
        'a\nb\nc',
      ],
      ...[
        'a\nc',
        'a🙂c',
        '🙂',
        '😀',
        'x',
        ']x',
        'dx',
        'me@here.org',
        'Ada',
        'ada',
        'y',
        'ab',
        'aaab',
        '.*/',
        '\u0001',
        '\0',
        'aaa',
      ],
    ];
    for (const text of texts) expect([text, matches(pattern, text, flags)]).toEqual([text, own.test(text)]);
  });

  it('agrees with the browser’s own engine on random patterns', () => {
    const random = new Random(3);
    const pick = (from: readonly string[]) => at(from, random.below(from.length));
    const pattern = (depth: number): string => {
      const kind = random.below(depth > 0 ? 6 : 2);
      if (kind < 2) return pick(['a', 'b', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\b']);
      if (kind === 2) return `${pattern(depth - 1)}${pattern(depth - 1)}`;
      if (kind === 3) return `(${pattern(depth - 1)}|${pattern(depth - 1)})`;
      return `(?:${pattern(depth - 1)})${pick(['*', '+', '?', '{2}', '{1,2}', '{0,2}', '*?'])}`;
    };
    for (let trial = 0; trial < 500; trial++) {
      const source = pattern(4);
      const own = new RegExp(source, 'u');
      for (let i = 0; i < 5; i++) {
        const text = Array.from({ length: random.below(6) }, () => pick(['a', 'b', ' '])).join('');
        expect([source, text, matches(source, text)]).toEqual([source, text, own.test(text)]);
      }
    }
  });
});

it.each([
  '(a+)+$',
  '(a|a)*b',
  '(a*)*b',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  'a*a*a*a*a*a*b',
  '(x+x+)+y',
  '(?:a?){30}a{30}b',
])('/%s/ handles a long text quickly', (pattern) => {
  const began = performance.now();
  expect(matches(pattern, `${'a'.repeat(20_000)}!`)).toBe(pattern.startsWith('^'.repeat(2)));
  expect(performance.now() - began).toBeLessThan(3000);
});

it.each([
  ['(', 'is not a regular expression (/(/u: Unterminated group)'],
  ['a{2,1}', 'is not a regular expression'],
  ['(?=a)b', 'looks ahead or behind'],
  ['(?<!a)b', 'looks ahead or behind'],
  ['(a)\\1', 'refers back'],
  ['(?<x>a)\\k<x>', 'refers back'],
  ['a{1001}', 'is too large'],
  ['((a{30}){30}){30}', 'is too large'],
  ['(?:a{0,900}){0,900}', 'is too large'],
  ['a'.repeat(501), 'is longer than 500 characters'],
])('refuses /%.40s/', (pattern, fault) => {
  expect(matches(pattern, 'a')).toContain(fault);
});
