import { expect, it } from 'vitest';
import { toCsv } from './csv';

it('quotes, keeps numbers and disarms formulas', () => {
  const rows = [
    [1.5, 'x,"y"'],
    [-41, '=1+1'],
    [null, 'two\nlines'],
  ];
  expect(toCsv(['a', 'b'], rows)).toBe(['a,b', '1.5,"x,""y"""', `-41,"'=1+1"`, ',"two\nlines"'].join('\r\n'));
});
