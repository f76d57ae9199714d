import { expect, it } from 'vitest';
import { textChart } from './text-chart';

const percent = (x: number) => `${Math.round(100 * x)}%`;

it('draws rows on a common scale, with their intervals', () => {
  const rows = [
    { label: 'M0', value: 0.25, interval: [0.125, 0.5] as const },
    { label: 'M1 direct', value: 1, interval: null },
  ];
  expect(textChart(rows, [0, 1], 0.5, percent).split('\n')).toEqual([
    `M0         ${' '.repeat(6)}├─────●───────────┤${' '.repeat(24)}   25%`,
    `M1 direct  ${' '.repeat(24)}│${' '.repeat(23)}●  100%`,
    `           0%${' '.repeat(21)}50%${' '.repeat(19)}100%`,
  ]);
});

it('draws values outside the scale at its end, and accepts a scale of width 0', () => {
  expect(textChart([{ label: '', value: 7, interval: [5, 9] }], [3, 3], null, String)).toContain('●');
  expect(textChart([], [0, 1], null, percent)).toContain('100%');
});
