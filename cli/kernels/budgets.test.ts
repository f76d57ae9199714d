import { describe, expect, it } from 'vitest';
import type { PlanName } from '../../src/training/workspace-plan';
import { type CompiledKernel, judge } from './budgets';
import type { Compiled, Statistics } from './radv';

const STATISTICS: Statistics = {
  registers: 64,
  spills: 0,
  scratch: 0,
  lds: 0,
  waves: 16,
  subgroup: 64,
  instructions: 100,
  latency: 1000,
  cycles: 500,
};

function kernel(entry: string, plan: PlanName, vega10: Partial<Statistics> | Compiled = {}): CompiledKernel {
  const variant = { source: { name: 'linear', code: '' }, entry, libs: [], constants: { ROWS: 8, COLS: 4 } };
  return {
    kernel: { variant, bindings: [], storage: 'q8_0', plans: new Set([plan]) },
    compiled: {
      navi21: STATISTICS,
      navi31: STATISTICS,
      vega10: 'error' in vega10 ? vega10 : { ...STATISTICS, ...vega10 },
    },
  };
}

const known = (entry: string, weights = ['q8_0']) => [
  { kernel: 'linear', entry, constants: { COLS: 4, ROWS: 8 }, weights, reason: 'a test' },
];

describe('a kernel', () => {
  it('passes at its budgets, which are lower for decoding', () => {
    const kernels = [kernel('a', 'gradient', { registers: 128 }), kernel('b', 'decode', { registers: 96 })];
    expect(judge(kernels, [])).toEqual({ passed: 2, failures: [] });
  });

  it.each([
    ['gradient', { registers: 129 }, '129 registers, at most 128'],
    ['decode', { registers: 97 }, '97 registers, at most 96'],
    ['gradient', { spills: 3 }, '3 spilled registers'],
    ['gradient', { scratch: 256 }, '256 bytes of scratch'],
    ['gradient', { error: 'no such entry point' }, 'no such entry point'],
  ] as const)('fails in %s with %j on one of the GPUs', (plan, change, message) => {
    expect(judge([kernel('a', plan, change)], [])).toEqual({
      passed: 0,
      failures: [`linear.a COLS=4 ROWS=8 q8_0: GCN5: ${message}`],
    });
  });
});

describe('the list of known violations', () => {
  const over = kernel('a', 'gradient', { registers: 200 });

  it('lets a kernel with these constants and weights exceed its budgets', () => {
    expect(judge([over], known('a'))).toEqual({ passed: 1, failures: [] });
    expect(judge([over], known('b')).failures).toHaveLength(2);
  });

  it('does not let it fail to compile', () => {
    const { failures } = judge([over, kernel('a', 'gradient', { error: 'broken' })], known('a'));
    expect(failures).toEqual(['linear.a COLS=4 ROWS=8 q8_0: GCN5: broken']);
  });

  it('must not have an entry that exceeds no budget, with any of its weights', () => {
    const message = (name: string) =>
      `${name} does not exceed a budget: remove it from cli/kernels/known-violations.ts`;
    expect(judge([kernel('a', 'gradient')], known('a'))).toEqual({
      passed: 1,
      failures: [message('linear.a COLS=4 ROWS=8 q8_0')],
    });
    expect(judge([over], known('a', ['q8_0', 'q4_0'])).failures).toEqual([message('linear.a COLS=4 ROWS=8 q4_0')]);
  });

  it('is checked only for the kernels that were compiled', () => {
    expect(judge([kernel('a', 'gradient')], known('b'), 'linear.a')).toEqual({ passed: 1, failures: [] });
  });
});
