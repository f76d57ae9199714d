import { describe, expect, it } from 'vitest';
import { answerFault, readAlternatives, readLength, readPattern, readShape } from './checks';

describe('a length', () => {
  it.each([
    ['10-50 words', { min: 10, max: 50, unit: 'words' }],
    [' 10 – 50 Words ', { min: 10, max: 50, unit: 'words' }],
    ['-200 characters', { min: 0, max: 200, unit: 'characters' }],
    ['3- words', { min: 3, max: Number.POSITIVE_INFINITY, unit: 'words' }],
    ['1 word', { min: 1, max: 1, unit: 'words' }],
    ['0-0 characters', { min: 0, max: 0, unit: 'characters' }],
  ])('%s', (answer, range) => {
    expect(readLength(answer)).toEqual(range);
  });

  it.each([
    '',
    'words',
    '- words',
    '50-10 words',
    '10-50',
    '10-50 lines',
    'about 10 words',
    '1e3 words',
    '10 to 50 words',
  ])('rejects %j', (answer) => {
    expect(readLength(answer)).toBeNull();
    expect(answerFault('length', answer)).toContain('10-50 words');
  });
});

describe('a shape', () => {
  const shape = '{"name": "string", "age?": "integer", "tags": ["string"], "where": {"x": "number"}, "rest?": []}';
  const good = { name: 'Ada', tags: [], where: { x: 0.5 } };
  it.each([
    [shape, good, true],
    [shape, { ...good, age: 36, rest: [1, 'a'], other: null }, true],
    [shape, { ...good, age: 36.5 }, false],
    [shape, { ...good, age: null }, false],
    [shape, { ...good, tags: ['a', 1] }, false],
    [shape, { ...good, tags: 'a' }, false],
    [shape, { ...good, where: {} }, false],
    [shape, { ...good, where: [0.5] }, false],
    [shape, { ...good, rest: {} }, false],
    [shape, { tags: [], where: { x: 1 } }, false],
    [shape, [good], false],
    [shape, null, false],
    ['any', 'x', true],
    ['"integer"', 3, true],
    [' integer ', 3.5, false],
    ['["any"]', [1, 'a', null], true],
    ['{}', {}, true],
    ['{}', [], false],
    ['{"constructor": "any"}', {}, false],
  ])('%s of %j is %s', (answer, value, fits) => {
    expect(readShape(answer)?.(JSON.parse(JSON.stringify(value)))).toBe(fits);
  });

  it.each([
    '',
    'text',
    '{"a": "strnig"}',
    '{"a": 1}',
    '["string", "number"]',
    '{"a": null}',
    '{',
    '"toString"',
    '['.repeat(4000),
  ])('rejects %.40j', (answer) => {
    expect(readShape(answer)).toBeNull();
    expect(answerFault('json', answer)).toContain('string, number');
  });
});

it('reads alternatives and patterns', () => {
  expect(readAlternatives('Paris| City  of LIGHT ')).toEqual(['paris', 'city of light']);
  expect(readAlternatives('a||b')).toBeNull();
  expect(answerFault('contains', 'a| ')).toContain('empty');
  expect(answerFault('contains', 'a|b')).toBeNull();
  expect(readPattern('/YES/i')).toMatchObject({ ok: true });
  expect(answerFault('regex', '/a/ii')).toContain('twice');
  expect(answerFault('regex', '[')).toContain('the pattern is not a regular expression');
  expect(answerFault('regex', '^/usr/bin$')).toBeNull();
  expect(answerFault('exact', '[')).toBeNull();
});
