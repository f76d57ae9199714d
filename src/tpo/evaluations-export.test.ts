import { expect, it } from 'vitest';
import { evaluationsTable } from './evaluations-export';
import { evaluation } from './testing/records';

it('the table of evaluations has a row for each iteration and arm, its intervals and its categories', () => {
  const won = { rate: 0.6, interval: [0.5, 0.7], lengthControlled: 0.55, lengthControlledInterval: null } as const;
  const { columns, rows } = evaluationsTable([
    evaluation({ iteration: 1, arm: 'direct', accuracy: 0.3 }),
    evaluation({
      iteration: 1,
      accuracy: 0.6,
      judge: 'tiny-judge',
      byCategory: { add: 0.7, story: 0.5 },
      winRates: [{ ...won, against: 'direct', prompts: 300, byCategory: {} }],
      differences: { measure: 'accuracy', categories: [{ category: 'add', prompts: 30, difference: 0.2, interval: [0.1, 0.3] }] },
    }),
    evaluation({ arm: 'direct' }),
    evaluation(),
  ]);
  expect(rows.every((row) => row.length === columns.length)).toBe(true);
  const column = (name: string) => rows.map((row) => row[columns.indexOf(name)]);
  expect(column('iteration')).toEqual([0, 0, 1, 1]);
  expect(column('arm')).toEqual(['thinking', 'direct', 'thinking', 'direct']);
  expect(column('best')).toEqual([0, 1, 1, 0]);
  expect(column('judge')).toEqual(['rule', 'rule', 'tiny-judge', 'rule']);
  expect(column('accuracy_low')).toEqual([0.36, 0.36, 0.36, 0.36]);
  expect(column('win_rate_direct')).toEqual([null, null, 0.6, null]);
  expect(column('win_rate_direct_high')).toEqual([null, null, 0.7, null]);
  expect(column('length_controlled_direct')).toEqual([null, null, 0.55, null]);
  expect(column('win_rate_seed')).toEqual([null, null, null, null]);
  expect(column('by_category/story')).toEqual([null, null, 0.5, null]);
  expect(column('thinking_less_direct/add_high')).toEqual([null, null, 0.3, null]);
});
