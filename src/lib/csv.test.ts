import { expect, it } from 'vitest';
import { writeCsv } from './csv';

it('quotes, keeps numbers and disarms formulas', () => {
  const rows = [
    [1.5, 'x,"y"'],
    [-41, '=1+1'],
    [null, 'two\nlines'],
  ];
  expect(writeCsv({ columns: ['a', 'b'], rows })).toBe(
    ['a,b', '1.5,"x,""y"""', `-41,"'=1+1"`, ',"two\nlines"'].join('\r\n'),
  );
});

it.each(['=1+1', '+A1', '-A1', '-1+1', '@SUM(A1)', '\tx', '\rx', '-', '=', '-1 – 2'])('disarms %j', (text) => {
  expect(writeCsv({ columns: [text], rows: [[text]] })).toBe(`"'${text}"\r\n"'${text}"`);
});

it.each(['-41', '+3', '-0.25', '-.5', '-1e-7', '1+1', 'a=b', 'a-b', '−20.0%', 'it’s'])(
  'leaves %j as it is',
  (text) => {
    expect(writeCsv({ columns: ['a'], rows: [[text]] })).toBe(`a\r\n${text}`);
  },
);

it('writes numbers as JavaScript does, and none for null', () => {
  expect(writeCsv({ columns: ['a', 'b', 'c'], rows: [[-1e-7, 0.1 + 0.2, null]] })).toBe(
    'a,b,c\r\n-1e-7,0.30000000000000004,',
  );
});

it('quotes what a reader would trim or split', () => {
  const cells = [' x', 'x ', 'a\rb', 'a,b', '"'];
  const line = '" x","x ","a\rb","a,b",""""';
  expect(writeCsv({ columns: cells, rows: [cells] })).toBe(`${line}\r\n${line}`);
});
