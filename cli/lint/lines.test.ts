import { expect, it } from 'vitest';
import { checkLines } from './lines';

it('reports lines of 120 and more columns, counted in characters', () => {
  const text = ['a'.repeat(119), 'a'.repeat(120), 'é'.repeat(119), ''].join('\n');
  expect(checkLines('x.ts', text)).toEqual([
    { file: 'x.ts', line: 2, message: 'this line has 120 columns; at most 119 are allowed' },
  ]);
});
