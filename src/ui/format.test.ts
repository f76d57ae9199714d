import { describe, expect, it } from 'vitest';
import { bytes, count, duration, measured, modelSize, percent, plural, subscript, tokenSpeed } from './format';

describe('numbers as the page writes them', () => {
  it('bytes in decimal units', () => {
    expect([0, 999, 1000, 84_210_000, 1.5e9, 123e9].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '84.2 MB',
      '1.5 GB',
      '123 GB',
    ]);
  });
  it('models by their parameters', () => {
    expect([1_084_160, 12.4e6, 134_515_008, 999_885_952, 1_235_814_400, 12e9].map(modelSize)).toEqual([
      '1.1M',
      '12M',
      '135M',
      '1.0B',
      '1.2B',
      '12.0B',
    ]);
  });
  it('durations round up', () => {
    expect([0.2, 7.1, 89.5, 100, 3599, 5400, 7200].map(duration)).toEqual([
      'under 1 s',
      '8 s',
      '90 s',
      '2 min',
      '60 min',
      '1 h 30 min',
      '2 h',
    ]);
  });
  it('measured values keep three digits', () => {
    expect([0, Math.LN2, 0.0015, 0.00015, -41.23, 1.5e7, Number.NaN].map(measured)).toEqual([
      '0',
      '0.693',
      '0.0015',
      '1.5e-4',
      '−41.2',
      '1.5e7',
      'NaN',
    ]);
  });
  it('speeds in whole tokens', () => {
    expect([0.2, 1.2, 1204.4].map(tokenSpeed)).toEqual(['0 tokens/s', '1 token/s', '1,204 tokens/s']);
  });
  it('counts, shares, subscripts, plurals', () => {
    expect([count(12345), percent(0.8133), subscript(12), plural(1, 'prompt'), plural(2, 'prompt')]).toEqual([
      '12,345',
      '81.3%',
      '₁₂',
      '1 prompt',
      '2 prompts',
    ]);
  });
});
