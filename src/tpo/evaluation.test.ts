import { describe, expect, it } from 'vitest';
import { summarizeEvaluation } from './evaluation';
import { candidate, rollout } from './testing/records';

const place = { iteration: 2, arm: 'thinking', seed: 1 } as const;
const answer = { answer: '4', check: 'number' };
const right = candidate();
const wrong = candidate({ correct: false, score: 0, thoughtTokens: 4, responseTokens: 3 });
const malformed = candidate({ correct: null, score: null, malformed: 'no-marker', thoughtTokens: 6, responseTokens: 0 });

describe('an evaluation', () => {
  it('counts a malformed sample as wrong, and leaves it out of the mean score', () => {
    const evaluation = summarizeEvaluation(
      [
        rollout([right, malformed], null, { ...answer, category: 'b' }),
        rollout([right, wrong], null, { ...answer, category: 'a' }),
        rollout([wrong, wrong], null, { ...answer, category: 'a' }),
        rollout([right, right], null, answer),
      ],
      place,
    );
    expect(evaluation).toMatchObject({
      iteration: 2,
      arm: 'thinking',
      prompts: 4,
      samples: 2,
      accuracy: 4 / 8,
      meanScore: 4 / 7,
      malformed: 1 / 8,
      thoughtTokens: (2 * 4 + 4 * 3) / 7,
      responseTokens: (1 * 4 + 3 * 3) / 7,
      byCategory: { a: 1 / 4, b: 1 / 2 },
      seconds: 10,
    });
    const [low, high] = evaluation.accuracyInterval ?? [1, 0];
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
  });

  it('has no accuracy without reference answers, and goes by the score', () => {
    const rollouts = [
      rollout([candidate({ score: 3, correct: null })], null, { category: 'x' }),
      rollout([candidate({ score: 5, correct: null })], null),
    ];
    expect(summarizeEvaluation(rollouts, place)).toMatchObject({
      accuracy: null,
      accuracyInterval: null,
      meanScore: 4,
      byCategory: { x: 3 },
    });
  });

  it('gives the same intervals to the same rollouts', () => {
    const rollouts = Array.from({ length: 30 }, (_, i) => rollout([i % 3 === 0 ? right : wrong], null, answer));
    expect(summarizeEvaluation(rollouts, place)).toEqual(summarizeEvaluation(rollouts, place));
  });

  it('may be of nothing', () => {
    expect(summarizeEvaluation([], place)).toMatchObject({
      prompts: 0,
      samples: 0,
      accuracy: null,
      meanScore: null,
      malformed: 0,
      byCategory: {},
    });
  });
});
