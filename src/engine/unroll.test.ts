import { describe, expect, it } from 'vitest';
import { unroll } from './unroll';

/** The body once for each value of the index, as one line. */
const flat = (code: string) => code.replaceAll(/\s+/g, ' ').trim();

const loop = (bound: string, body: string, index = 'i') =>
  `// @unroll\n  for (var ${index} = 0u; ${index} < ${bound}; ${index}++) {${body}}`;

describe('unroll', () => {
  it('repeats a marked loop with its index as a literal', () => {
    expect(flat(unroll(`before; ${loop('N', ' sum[i] += x[i]; ')} after;`, { N: 2 }))).toBe(
      'before; { sum[0u] += x[0u]; } { sum[1u] += x[1u]; } after;',
    );
  });

  it('accepts bounds that are literals or products', () => {
    expect(flat(unroll(loop('2u', ' f(i); '), {}))).toBe('{ f(0u); } { f(1u); }');
    expect(flat(unroll(loop('A * 2u', ' f(i); '), { A: 1 }))).toBe('{ f(0u); } { f(1u); }');
  });

  it('replaces whole names only', () => {
    expect(flat(unroll(loop('1u', ' let ij = i + iii; '), {}))).toBe('{ let ij = 0u + iii; }');
  });

  it('unrolls inner loops before outer ones', () => {
    const code = loop('2u', `\n ${loop('2u', ' f(r, c); ', 'c')}\n`, 'r');
    expect(flat(unroll(code, {}))).toBe('{ { f(0u, 0u); } { f(0u, 1u); } } { { f(1u, 0u); } { f(1u, 1u); } }');
  });

  it('keeps unmarked loops, and those of more than 16 rounds', () => {
    const plain = 'for (var i = 0u; i < N; i++) { f(i); }';
    expect(unroll(plain, { N: 2 })).toBe(plain);
    expect(unroll(loop('N', ' f(i); '), { N: 17 })).toBe(loop('N', ' f(i); '));
    // A short loop inside of a long one is unrolled.
    expect(flat(unroll(loop('N', `\n ${loop('1u', ' f(i, c); ', 'c')}\n`), { N: 17 }))).toContain('{ { f(i, 0u); } }');
  });

  it('refuses a bound that is not a constant, and a loop that does not close', () => {
    expect(() => unroll(loop('rows', ' f(i); '), {})).toThrow('rows');
    expect(() => unroll(loop('GELU', ' f(i); '), { GELU: true })).toThrow('GELU');
    expect(() => unroll('// @unroll\n for (var i = 0u; i < 2u; i++) { f(i);', {})).toThrow('close');
  });
});
