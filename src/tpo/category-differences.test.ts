import { describe, expect, it } from 'vitest';
import { Random } from '../lib/random';
import { categoryDifferences } from './category-differences';
import { candidate, rollout } from './testing/records';
import type { Candidate, Prompt, Rollout } from './types';

const random = (category: string) => new Random(1, category);
const right = candidate({ score: 3 });
const wrong = candidate({ correct: false, score: 1 });
const of = (position: number, prompt: Partial<Prompt>, ...candidates: readonly Candidate[]): Rollout =>
  rollout(candidates, null, prompt, { position });
const answer = { answer: '4', check: 'number' };

describe('differences by category', () => {
  it('are of accuracy where there are reference answers, the greatest first', () => {
    const own = [
      of(0, { ...answer, category: 'a' }, right, wrong),
      of(1, { ...answer, category: 'a' }, wrong, wrong),
      of(2, { ...answer, category: 'b' }, right, right),
      of(3, answer, right, right),
    ];
    const other = own.map((r) => ({ ...r, candidates: [right, wrong] }));
    const found = categoryDifferences(own, other, false, random);
    expect(found?.measure).toBe('accuracy');
    expect(found?.categories).toMatchObject([
      { category: 'b', prompts: 1, difference: 0.5, interval: [0.5, 0.5] },
      { category: 'a', prompts: 2, difference: -0.25, interval: [-0.5, 0] },
    ]);
  });

  it('are of scores without reference answers, and of wins where scores cannot be compared', () => {
    const own = [of(0, { category: 'a' }, right)];
    const other = [of(0, { category: 'a' }, wrong)];
    expect(categoryDifferences(own, other, false, random)).toMatchObject({ measure: 'score', categories: [{ difference: 2 }] });
    const compared = own.map((r) => ({
      ...r,
      comparisons: [{ against: { iteration: 1, arm: 'thinking' as const }, outcomes: [0.5], calls: [] }],
    }));
    expect(categoryDifferences(compared, other, true, random)).toMatchObject({
      measure: 'wins',
      categories: [{ difference: 0 }],
    });
  });

  it('are none without categories', () => {
    expect(categoryDifferences([of(0, answer, right)], [of(0, answer, right)], false, random)).toBeNull();
  });
});
