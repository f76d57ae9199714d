import { describe, expect, it } from 'vitest';
import { allAccurate, categoryResults, heldoutMeasure, type Ranked, rankOf } from './evaluations';

const evaluation = (iteration: number, change: Partial<Ranked> = {}): Ranked => ({
  iteration,
  prompts: 300,
  accuracy: 0.4,
  accuracyInterval: [0.36, 0.44],
  meanScore: 0.7,
  meanScoreInterval: [0.6, 0.8],
  ...change,
});
const winRates = [
  { against: 'direct', rate: 0.9, interval: null },
  { against: 'seed', rate: 0.45, interval: [0.41, 0.49] },
] as const;

describe('the measure by which policies are ranked', () => {
  it('is accuracy if every held-out prompt can be checked, which is assumed of older evaluations', () => {
    expect(heldoutMeasure([evaluation(0, { checkable: 300 }), evaluation(1, { checkable: 300, winRates })])).toBe(
      'accuracy',
    );
    expect(heldoutMeasure([evaluation(0), evaluation(1)])).toBe('accuracy');
  });

  it('is the win rate against the seed model as soon as one prompt cannot be checked', () => {
    const mixed = [evaluation(0, { checkable: 299 }), evaluation(1, { checkable: 299, winRates })];
    expect(heldoutMeasure(mixed)).toBe('wins');
    expect(mixed.map((one) => rankOf(one, 'wins'))).toEqual([
      { value: 0.5, interval: null },
      { value: 0.45, interval: [0.41, 0.49] },
    ]);
    expect(mixed.map((one) => rankOf(one, 'accuracy'))).toEqual([null, null]);
  });

  it('is the mean score if an iteration has no win rate, and null if one has neither', () => {
    const unchecked = { accuracy: null, accuracyInterval: null };
    const scored = [evaluation(0, unchecked), evaluation(1, { ...unchecked, winRates }), evaluation(2, unchecked)];
    expect(heldoutMeasure(scored)).toBe('score');
    expect(heldoutMeasure([...scored, evaluation(3, { ...unchecked, meanScore: null })])).toBeNull();
    expect(heldoutMeasure([])).toBeNull();
  });
});

it('an older evaluation has one number for each category: accuracy if there is any, otherwise the mean score', () => {
  const byCategory = { story: 0.4, add: 0.8 };
  expect(categoryResults({ accuracy: 0.6, byCategory })).toMatchObject([
    { category: 'add', prompts: null, accuracy: 0.8, meanScore: null },
    { category: 'story', prompts: null, accuracy: 0.4, meanScore: null },
  ]);
  expect(categoryResults({ accuracy: null, byCategory })[1]).toMatchObject({ accuracy: null, meanScore: 0.4 });
  expect(categoryResults({ accuracy: 0.6, byCategory, categories: [] })).toEqual([]);
  expect(categoryResults({ accuracy: 0.6 })).toEqual([]);
});

it('accuracy alone is enough if every prompt can be checked', () => {
  const of = (accuracy: number, checkable: number) => ({
    ...{ category: 'add', prompts: 30, checkable, accuracy, accuracyInterval: null },
    ...{ meanScore: 0.5, meanScoreInterval: null },
  });
  expect([allAccurate([of(0.5, 30)]), allAccurate([of(0.5, 30), of(0.5, 29)])]).toEqual([true, false]);
});
