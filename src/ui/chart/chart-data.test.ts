import { describe, expect, it } from 'vitest';
import { writeCsv } from '../../lib/csv';
import { type ChartData, smooth, toTable } from './chart-data';

describe('smoothing', () => {
  it('starts at the first value and keeps gaps', () => {
    expect(smooth([4, null, 4, 4], 0.9)).toEqual([4, null, 4, 4]);
  });
  it('is an exponential moving average with bias correction', () => {
    const [first, second] = smooth([1, 3], 0.5);
    expect(first).toBe(1);
    expect(second).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75, 12);
  });
  it('changes nothing with weight 0', () => {
    expect(smooth([1, 5, 2], 0)).toEqual([1, 5, 2]);
  });
});

describe('the table of a chart', () => {
  const data: ChartData = {
    x: [0, 1],
    series: [
      {
        label: 'thinks first',
        colour: 'thinking',
        dash: false,
        values: [0.4, 0.5],
        low: [0.35, null],
        high: [0.45, null],
      },
      { label: 'answers at once', colour: 'direct', dash: false, values: [0.48, null] },
    ],
    marks: [],
  };
  it('has intervals as columns', () => {
    expect(toTable(data, 'iteration')).toEqual({
      columns: ['iteration', 'thinks first', 'thinks first, 95% from', 'thinks first, 95% to', 'answers at once'],
      rows: [
        [0, 0.4, 0.35, 0.45, 0.48],
        [1, 0.5, null, null, null],
      ],
    });
  });
  it('is CSV with escaped headers', () => {
    expect(writeCsv(toTable(data, 'iteration')).split('\r\n')).toEqual([
      'iteration,thinks first,"thinks first, 95% from","thinks first, 95% to",answers at once',
      '0,0.4,0.35,0.45,0.48',
      '1,0.5,,,',
    ]);
  });
});
