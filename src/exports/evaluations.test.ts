import { expect, it } from 'vitest';
import { evaluation } from '../tpo/testing/records';
import { evaluationsCsv, evaluationsTable } from './evaluations';

it('has a row per iteration and arm, with intervals and categories', () => {
  const won = { rate: 0.6, interval: [0.5, 0.7], lengthControlled: 0.55, lengthControlledInterval: null } as const;
  const result = {
    ...{ prompts: 30, checkable: 30, accuracyInterval: null },
    ...{ meanScore: null, meanScoreInterval: null },
  } as const;
  const { columns, rows } = evaluationsTable([
    evaluation({ iteration: 1, arm: 'direct', accuracy: 0.3 }),
    evaluation({
      iteration: 1,
      accuracy: 0.6,
      judge: 'tiny-judge',
      checkable: 300,
      thoughtTokens: null,
      unparsed: { count: 7, of: 600 },
      categories: [
        { ...result, category: 'add', accuracy: 0.7, accuracyInterval: [0.6, 0.8] },
        { ...result, category: 'story', accuracy: 0.5 },
      ],
      winRates: [
        {
          ...won,
          against: 'direct',
          prompts: 298,
          unparsed: 7,
          byCategory: { add: 0.65, story: 0.55 },
          byCategoryInterval: { add: [0.55, 0.75], story: null },
        },
      ],
      differences: {
        measure: 'accuracy',
        categories: [{ category: 'add', prompts: 30, difference: 0.2, interval: [0.1, 0.3] }],
      },
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
  expect(column('best_by')).toEqual(['accuracy', 'accuracy', 'accuracy', 'accuracy']);
  expect(column('checkable_prompts')).toEqual([null, null, 300, null]);
  expect(column('win_rate_direct_prompts')).toEqual([null, null, 298, null]);
  expect(column('win_rate_direct_without_verdict')).toEqual([null, null, 7, null]);
  expect(column('without_verdict')).toEqual([null, null, 7, null]);
  expect(column('thought_tokens')).toEqual([19, 19, null, 19]);
  expect(column('prompts/story')).toEqual([null, null, 30, null]);
  expect(column('accuracy/story')).toEqual([null, null, 0.5, null]);
  expect(column('accuracy/add_high')).toEqual([null, null, 0.8, null]);
  expect(column('win_rate_direct/add')).toEqual([null, null, 0.65, null]);
  expect(column('win_rate_direct/add_low')).toEqual([null, null, 0.55, null]);
  // A column that would be empty in every row is left out.
  expect(columns.filter((name) => /^(mean_score|win_rate_seed)\//.test(name))).toEqual([]);
  expect(column('thinking_less_direct/add_high')).toEqual([null, null, 0.3, null]);
});

it('is written as CSV, with the table’s columns as its header', () => {
  const evaluations = [evaluation()];
  const [header, ...rows] = evaluationsCsv(evaluations).split('\r\n');
  expect(header).toBe(evaluationsTable(evaluations).columns.join(','));
  expect(rows).toEqual([expect.stringMatching(/^0,thinking,/)]);
});

it('shows the single number per category that older runs stored', () => {
  const { columns, rows } = evaluationsTable([evaluation({ byCategory: { add: 0.7 } })]);
  expect(rows[0]?.[columns.indexOf('accuracy/add')]).toBe(0.7);
  expect(columns).not.toContain('prompts/add');
});
