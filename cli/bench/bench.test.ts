import { expect, it } from 'vitest';
import type { JudgeReport } from '../../bench/judges/report';
import type { BenchReport } from '../../bench/report';
import { agreement, judgeTable } from './judges-table';
import { benchTable, lossDifference, median, ratio } from './table';
import { webllmTable } from './webllm';

const report: BenchReport = {
  version: 1,
  device: 'SwiftShader',
  rounds: 3,
  measurements: [
    {
      name: 'training step',
      unit: 'ms',
      better: 'lower',
      samples: { 'thinking-lab': [10, 30, 20], other: [50, 40, 60] },
    },
    { name: 'decode', unit: 'tokens/s', better: 'higher', samples: { 'thinking-lab': [100, 120] } },
  ],
  losses: { 'thinking-lab': [6.9, 6.8], other: [6.90005, 6.8] },
};

it('compares each round, so that more than 1 is always better', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
  const [step] = report.measurements;
  if (step === undefined) throw new Error('no measurement');
  // 5, 4/3 and 3 times.
  expect(ratio(step, 'other')).toBe(3);
  expect(ratio({ ...step, better: 'higher' }, 'other')).toBeCloseTo(1 / 3, 12);
  expect(ratio(step, 'nobody')).toBeNaN();
});

it('takes a missing loss for unequal work', () => {
  expect(lossDifference(report)).toBeCloseTo(5e-5, 8);
  expect(lossDifference({ ...report, losses: { 'thinking-lab': [6.9], other: [6.9, 6.8] } })).toBeNaN();
});

it('prints medians, ratios and whether the work was equal', () => {
  const lines = benchTable(report).split('\n');
  expect(lines[2]).toMatch(/^training step +other +50\.00 ms +3\.00×$/);
  expect(lines[3]).toMatch(/^decode +thinking-lab +110\.0 tokens\/s$/);
  expect(lines.at(-1)).toBe('losses differ by 5.0e-5 at most: equal work');
  expect(benchTable({ ...report, losses: { other: [6] } })).toContain('NOT EQUAL WORK');
});

it('counts a tie as half an agreement, and leaves out what was not judged', () => {
  const result = {
    judge: 'x',
    pairs: 10,
    right: 5,
    wrong: 1,
    tied: 2,
    silent: 2,
    controls: { rows: 12, failed: 3 },
    loadSeconds: 1,
    seconds: 4,
    calls: 16,
  };
  const orders = { meetings: 8, decided: 2 };
  expect(agreement({ ...result, orders })).toBe(0.75);
  const report: JudgeReport = {
    version: 1,
    device: 'SwiftShader',
    results: [
      { ...result, orders },
      { ...result, calls: 0, orders: null },
    ],
  };
  const lines = judgeTable(report).split('\n');
  expect(lines[2]).toMatch(/^x +75\.0% +2 +2 +25\.0% +25\.0% +5\.0 +4\.0 +1\.0$/);
  expect(lines[3]).toMatch(/^x +75\.0% +2 +2 +– +25\.0% +5\.0 +– +1\.0$/);
});

it('prints the ratio to WebLLM, and texts that differ', () => {
  const samples = { 'thinking-lab': [12, 14, 13], webllm: [2, 2, 2] };
  const decode = { name: 'decode, 8 lanes against 1', unit: 'tokens/s', better: 'higher', samples } as const;
  const common = { version: 1, device: 'SwiftShader', rounds: 3, measurements: [decode] } as const;
  const same = webllmTable({ ...common, texts: { 'thinking-lab': 'The sea', webllm: 'The sea' } }).split('\n');
  expect(same[1]).toMatch(/^decode, 8 lanes against 1 +thinking-lab +13\.00 tokens\/s$/);
  expect(same[2]).toMatch(/webllm +2\.000 tokens\/s +6\.50×$/);
  expect(same[3]).toBe('equal texts');
  const other = webllmTable({ ...common, texts: { 'thinking-lab': 'The sea', webllm: 'A sea' } });
  expect(other).toContain('DIFFERENT TEXTS');
});
