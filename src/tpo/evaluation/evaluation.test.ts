import { describe, expect, it } from 'vitest';
import { candidate, rollout } from '../testing/records';
import { summarizeEvaluation } from './evaluation';

const place = { iteration: 2, arm: 'thinking', seed: 1, relative: false } as const;
const answer = { answer: '4', check: 'number' };
const right = candidate();
const wrong = candidate({ correct: false, score: 0, thoughtTokens: 4, responseTokens: 3 });
const malformed = candidate({
  correct: null,
  score: null,
  malformed: 'no-marker',
  thoughtTokens: 6,
  responseTokens: 0,
});

describe('an evaluation', () => {
  it('counts a malformed sample as wrong, and leaves it out of the mean score', () => {
    const evaluation = summarizeEvaluation(
      [
        rollout([right, malformed], null, { ...answer, category: 'b' }),
        rollout([right, wrong], null, { ...answer, category: 'a' }),
        rollout([wrong, wrong], null, { ...answer, category: 'a' }),
        rollout([right, right], null, answer),
        rollout([wrong, wrong], null, answer),
      ],
      place,
    );
    expect(evaluation).toMatchObject({
      iteration: 2,
      arm: 'thinking',
      prompts: 5,
      checkable: 5,
      samples: 2,
      accuracy: 4 / 10,
      meanScore: 4 / 9,
      malformed: 1 / 10,
      unparsed: { count: 0, of: 9 },
      thoughtTokens: (2 * 4 + 4 * 5) / 9,
      responseTokens: (1 * 4 + 3 * 5) / 9,
      categories: [
        { category: 'a', prompts: 2, checkable: 2, accuracy: 1 / 4, accuracyInterval: null },
        { category: 'b', prompts: 1, checkable: 1, accuracy: 1 / 2, accuracyInterval: null },
      ],
      seconds: 12.5,
    });
    const [low, high] = evaluation.accuracyInterval ?? [1, 0];
    expect(low).toBeLessThan(0.4);
    expect(high).toBeGreaterThan(0.4);
  });

  it('has no accuracy if the rule can check no prompt, but a mean score', () => {
    const rollouts = [
      rollout([candidate({ score: 3, correct: null })], null, { category: 'x' }),
      rollout([candidate({ score: 5, correct: null })], null),
    ];
    expect(summarizeEvaluation(rollouts, place)).toMatchObject({
      accuracy: null,
      accuracyInterval: null,
      checkable: 0,
      meanScore: 4,
      categories: [{ category: 'x', prompts: 1, checkable: 0, accuracy: null, meanScore: 3 }],
    });
  });

  it('of a mixed set counts the prompts that can be checked, and keeps categories without answers', () => {
    const open = candidate({ score: 7, correct: null });
    const rollouts = [
      ...Array.from({ length: 6 }, () => rollout([right], null, { ...answer, category: 'maths' })),
      rollout([open], null, { category: 'prose' }),
    ];
    expect(summarizeEvaluation(rollouts, place)).toMatchObject({
      prompts: 7,
      checkable: 6,
      accuracy: 1,
      accuracyInterval: [1, 1],
      categories: [
        { category: 'maths', prompts: 6, checkable: 6, accuracy: 1, accuracyInterval: [1, 1] },
        { category: 'prose', prompts: 1, checkable: 0, accuracy: null, meanScore: 7, meanScoreInterval: null },
      ],
    });
  });

  it('counts samples without a verdict; for a relative judge, comparisons', () => {
    const silent = candidate({ score: null });
    const of = rollout([right, silent, malformed], null, answer, {
      comparisons: [{ against: { iteration: 0, arm: 'thinking' }, outcomes: [1, null, 0], calls: [] }],
    });
    expect(summarizeEvaluation([of], place).unparsed).toEqual({ count: 1, of: 2 });
    expect(summarizeEvaluation([of], { ...place, relative: true }).unparsed).toEqual({ count: 1, of: 3 });
  });

  it('has no lengths if all samples are malformed', () => {
    expect(summarizeEvaluation([rollout([malformed], null)], place)).toMatchObject({
      malformed: 1,
      thoughtTokens: null,
      responseTokens: null,
    });
  });

  it('gives the same intervals to the same rollouts', () => {
    const rollouts = Array.from({ length: 30 }, (_, i) => rollout([i % 3 === 0 ? right : wrong], null, answer));
    expect(summarizeEvaluation(rollouts, place)).toEqual(summarizeEvaluation(rollouts, place));
  });

  it('may be empty', () => {
    expect(summarizeEvaluation([], place)).toMatchObject({
      prompts: 0,
      samples: 0,
      accuracy: null,
      meanScore: null,
      malformed: 0,
      thoughtTokens: null,
      categories: [],
    });
  });
});
