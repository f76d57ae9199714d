import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/random';
import type { Candidate, Rollout } from '../../records/candidates';
import type { Prompt } from '../../records/prompts';
import { candidate, rollout } from '../testing/records';
import { categoryDifferences } from './category-differences';
import { summarizeEvaluation } from './evaluation';

const random = (category: string) => new Random(1, category);
const right = candidate({ score: 3, response: 'four' });
const wrong = candidate({ correct: false, score: 1, response: 'five' });
const malformed = candidate({ malformed: 'truncated', score: null, correct: false, response: '' });
const of = (position: number, prompt: Partial<Prompt>, ...candidates: readonly Candidate[]): Rollout =>
  rollout(candidates, null, prompt, { position });
const answer = { answer: '4', check: 'number' };
const times = (count: number, make: (i: number) => Rollout) => Array.from({ length: count }, (_, i) => make(i));

describe('differences by category', () => {
  it('are in accuracy if the rule can check every prompt, with intervals from five prompts on', () => {
    const own = [
      ...times(6, (i) => of(i, { ...answer, category: 'a' }, i % 2 === 0 ? right : wrong, wrong)),
      ...times(4, (i) => of(6 + i, { ...answer, category: 'b' }, right, right)),
      of(10, answer, right, right),
    ];
    const other = own.map((r) => ({ ...r, candidates: [right, wrong] }));
    const found = categoryDifferences(own, other, false, random);
    expect(found?.measure).toBe('accuracy');
    expect(found?.categories).toMatchObject([
      { category: 'b', prompts: 4, difference: 0.5, interval: null },
      { category: 'a', prompts: 6, difference: -0.25, interval: [expect.any(Number), expect.any(Number)] },
    ]);
  });

  it('equal the differences between the accuracies of the evaluations', () => {
    const arm = (mod: number) =>
      times(7, (i) =>
        of(i, { ...answer, category: 'a' }, i % mod === 0 ? right : malformed, i % 3 === 0 ? right : wrong),
      );
    const [own, other] = [arm(2), arm(5)];
    const accuracy = (rollouts: readonly Rollout[]) =>
      summarizeEvaluation(rollouts, { iteration: 1, arm: 'thinking', seed: 1, relative: false }).categories?.[0]
        ?.accuracy ?? 0;
    const [found] = categoryDifferences(own, other, false, random)?.categories ?? [];
    expect(found?.difference).toBeCloseTo(accuracy(own) - accuracy(other), 12);
  });

  it('are samples won minus samples lost if one prompt has no answer; a malformed sample loses', () => {
    const own = [
      ...times(5, (i) => of(i, { ...answer, category: 'a' }, right, malformed)),
      of(5, { category: 'open' }, right),
    ];
    const other = [
      ...times(5, (i) => of(i, { ...answer, category: 'a' }, wrong, wrong)),
      of(5, { category: 'open' }, wrong),
    ];
    expect(categoryDifferences(own, other, false, random)).toMatchObject({
      measure: 'wins',
      categories: [
        { category: 'open', prompts: 1, difference: 1, interval: null },
        { category: 'a', prompts: 5, difference: 0, interval: [0, 0] },
      ],
    });
  });

  it('use the comparisons of a relative judge', () => {
    const own = [of(0, { category: 'a' }, right)];
    const other = [of(0, { category: 'a' }, wrong)];
    const compared = own.map((r) => ({
      ...r,
      comparisons: [{ against: { iteration: 1, arm: 'thinking' as const }, outcomes: [0.75], calls: [] }],
    }));
    expect(categoryDifferences(compared, other, true, random)).toMatchObject({
      measure: 'wins',
      categories: [{ difference: 0.5 }],
    });
    expect(categoryDifferences(own, other, true, random)).toBeNull();
  });

  it('are null without categories', () => {
    expect(categoryDifferences([of(0, answer, right)], [of(0, answer, right)], false, random)).toBeNull();
  });
});
