import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Check } from '../recipe/checks';
import { agreement, isCheckable, isRight, ruleJudge, ruleScore } from './rule';

describe('number and time', () => {
  it.each([
    ['The answer is 85.', '85'],
    ['85', '85'],
    ['47 + 38 = 85.', '85'],
    ['47 plus 38 is 85', '85'],
    ['47 PLUS 38 Equals 85', '85'],
    ['8, 8, 4: 8 + 8 + 4 gives 20'.slice(9), '20'],
    ['2 x 3 × 4 makes 24', '24'],
    ['It ends at 10:40.', '10:40'],
    ['The total is 1,250 dollars', '1,250'],
    ['-5', '-5'],
  ])('%s is %s', (response, answer) => {
    expect(isRight(response, { answer, check: 'number' })).toBe(true);
    expect(isRight(response, { answer, check: 'time' })).toBe(true);
  });

  it.each([
    ['85 or 86', '85'],
    ['84. 85.', '85'],
    ['-85', '85'],
    ['85.0', '85'],
    ['10:40', '10'],
    ['10:40', '40'],
    ['eighty-five', '85'],
    ['', '85'],
    ['47 + 38 = 85 and 86', '85'],
    ['085', '85'],
    [`85${' '.repeat(199)}`, '85'],
  ])('%s is not %s', (response, answer) => {
    expect(isRight(response, { answer, check: 'number' })).toBe(false);
  });

  it('limits the length to 200 characters, not code units', () => {
    expect(isRight(`85 ${'🙂'.repeat(197)}`, { answer: '85', check: 'number' })).toBe(true);
    expect(isRight(`85 ${'🙂'.repeat(198)}`, { answer: '85', check: 'number' })).toBe(false);
  });
});

describe('exact', () => {
  it.each([
    'Monday',
    'monday.',
    'The answer is Monday.',
    'So, the final answer is: **Monday**!',
    'therefore it is “Monday”',
    "It's  Monday",
    'Answer: `MONDAY`',
    'thus the correct answer is\nmonday',
    "'Monday'",
  ])('%s is Monday', (response) => {
    expect(isRight(response, { answer: 'Monday', check: 'exact' })).toBe(true);
  });

  it.each([
    'Monday or Tuesday',
    'Tuesday',
    'It is the answer is Monday',
    'I think Monday',
    'Monday, of course',
    '',
    'Mon day',
  ])('%s is not', (response) => {
    expect(isRight(response, { answer: 'Monday', check: 'exact' })).toBe(false);
  });
});

describe('the other checks', () => {
  it.each<[Check, string, string, boolean]>([
    ['regex', '^\\d{4}$', '2024', true],
    ['regex', '^\\d{4}$', 'In 2024', false],
    ['regex', '/yes|no/i', 'Well, YES.', true],
    ['regex', '(a+)+$', `${'a'.repeat(5000)}!`, false],
    ['regex', '[', '[', false],
    ['contains', 'Paris|City of Light', 'It is the city\nof light, of course.', true],
    ['contains', 'Paris', 'Lyon', false],
    ['contains', 'Paris', `${'x '.repeat(300)}paris`, true],
    ['contains', 'x', 'x'.repeat(20_001), false],
    ['json', 'any', '{"a": [1]}', true],
    ['json', '{"a": ["integer"]}', '```json\n{"a": [1]}\n```', true],
    ['json', '{"a": ["integer"]}', 'Here it is: {"a": [1]}', false],
    ['json', '{"b": "any"}', '{"a": [1]}', false],
    ['json', 'any', '['.repeat(20_000), false],
    ['json', 'any', '{"a": 1', false],
    ['length', '2-3 words', 'one  two\nthree', true],
    ['length', '2-3 words', 'one', false],
    ['length', '-3 characters', 'é🙂!', true],
    ['length', '-3 characters', 'four', false],
    ['length', '0- words', '', false],
  ])('%s %s of %.40j: %s', (check, answer, response, right) => {
    expect(isRight(response, { check, answer })).toBe(right);
  });

  const checks = [
    { check: 'length', answer: '-5 words', weight: 1 },
    { check: 'contains', answer: 'Paris', weight: 3 },
  ] as const;

  it('adds up weighted checks, with or without a reference answer', () => {
    expect(ruleScore('Paris', { checks })).toBe(1);
    expect(ruleScore('Lyon', { checks })).toBe(0.25);
    expect(ruleScore('It may well be Paris, I think', { checks })).toBe(0.75);
    expect(isRight('It may well be Paris, I think', { checks })).toBe(false);
    expect(ruleScore('Paris', { checks, answer: 'Rome', check: 'exact' })).toBe(0.8);
    expect(isRight('Paris', { checks, answer: 'Paris', check: 'exact' })).toBe(true);
    expect(isCheckable({ checks })).toBe(true);
    expect(isCheckable({})).toBe(false);
    expect(isCheckable({ answer: '4', check: 'magic' })).toBe(false);
  });

  it('gives scores by weighted checks', async () => {
    expect(await ruleJudge.score({ instruction: 'x', responses: ['Paris', 'Lyon'], checks })).toEqual({
      scores: [1, 0.25],
      detail: 'length, contains: 1 of 2 right',
    });
  });
});

describe('the rule judge', () => {
  it('gives 1 or 0, and null without a reference or for an unknown check', async () => {
    const request = { instruction: 'x', responses: ['4', '5'] };
    expect(await ruleJudge.score({ ...request, reference: { answer: '4', check: 'number' } })).toEqual({
      scores: [1, 0],
      detail: 'number: 1 of 2 right',
    });
    expect((await ruleJudge.score(request)).scores).toEqual([null, null]);
    expect((await ruleJudge.score({ ...request, reference: { answer: '4', check: 'magic' } })).scores).toEqual([
      null,
      null,
    ]);
  });

  it('accepts every reference answer of the bundled prompts, in the style of the bundled model', () => {
    for (const file of ['tiny-train', 'tiny-heldout']) {
      const text = readFileSync(new URL(`../../public/prompts/${file}.jsonl`, import.meta.url), 'utf8');
      for (const line of text.trim().split('\n')) {
        const row: { answer: string; check: string } = JSON.parse(line);
        expect(isRight(`The answer is ${row.answer}.`, row)).toBe(true);
        expect(isRight(`The answer is not ${row.answer} but 99999.`, row)).toBe(false);
      }
    }
  });
});

const judged = (...pairs: [number | null, boolean | null][]) => pairs.map(([score, right]) => ({ score, right }));

describe('the agreement of a judge with the rule', () => {
  it('compares every right response to a prompt with every wrong one', () => {
    expect(agreement([judged([2, true], [1, false], [3, false], [2, false])])).toEqual({ share: 0.5, of: 3 });
    expect(agreement([judged([2, true], [1, false]), judged([5, false], [9, true], [9, true])])).toEqual({
      share: 1,
      of: 3,
    });
  });

  it('skips responses without a score or a verdict, and is null without a pair', () => {
    expect(agreement([judged([null, true], [1, false], [0, true], [7, null])])).toEqual({ share: 0, of: 1 });
    expect(agreement([judged([1, true], [2, true]), judged([1, null], [2, false])])).toBeNull();
    expect(agreement([])).toBeNull();
  });
});
