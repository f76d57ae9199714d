import { expect, it } from 'vitest';
import type { CompiledKernel } from './budgets';
import type { Statistics } from './radv';
import { comparison, kernelTable, parseReport, reportOf } from './table';

const STATISTICS: Statistics = {
  registers: 64,
  spills: 0,
  scratch: 0,
  lds: 512,
  waves: 16,
  subgroup: 64,
  instructions: 100,
  latency: 1000,
  cycles: 500,
};

function kernel(entry: string, storage: string | null, vega10: Partial<Statistics> = {}): CompiledKernel {
  const variant = { source: { name: 'linear', code: '' }, entry, libs: [], constants: { ROWS: 8 } };
  return {
    kernel: { variant, bindings: [], storage, plans: new Set(['decode']) },
    compiled: { navi21: STATISTICS, navi31: STATISTICS, vega10: { ...STATISTICS, ...vega10 } },
  };
}

it('groups a kernel by its constants, and shows the GPUs apart only where they differ', () => {
  const kernels = [kernel('a', 'q8_0', { registers: 80 }), kernel('b', null), kernel('a', 'f16')];
  expect(kernelTable(kernels).split('\n').slice(1)).toEqual([
    '  weights  plan    registers  spills  waves  scratch  lds  instructions  latency  cycles',
    'linear.a ROWS=8',
    '  q8_0     decode  64/64/80   0       16     0        512  100           1000     500',
    '  f16      decode  64         0       16     0        512  100           1000     500',
    'linear.b ROWS=8',
    '           decode  64         0       16     0        512  100           1000     500',
  ]);
});

it('a report survives its file, and a comparison lists what changed', () => {
  const before = reportOf('Mesa 25', [kernel('a', 'q8_0'), kernel('b', null), kernel('c', null)]);
  const after = reportOf('Mesa 25', [
    kernel('a', 'q8_0', { registers: 48, waves: 20 }),
    kernel('b', null),
    kernel('d', null),
  ]);
  expect(parseReport(JSON.stringify(before))).toEqual(before);
  expect(comparison(before, after).split('\n')).toEqual([
    '  linear.a ROWS=8 q8_0',
    '    GCN5: registers 64 → 48, waves 16 → 20',
    '+ linear.d ROWS=8',
    '- linear.c ROWS=8',
    '1 kernel is unchanged',
  ]);
  expect(comparison(before, after, 'linear.a')).not.toContain('linear.c');
  expect(comparison(before, { ...before, driver: 'Mesa 26' })).toContain('compiled with Mesa 25 and with Mesa 26');
});

it('refuses a file that is no report', () => {
  expect(() => parseReport('{"kernels": []}')).toThrow('driver');
});
