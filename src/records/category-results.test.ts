import { expect, it } from 'vitest';
import { allAccurate, categoryResults } from './category-results';

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
