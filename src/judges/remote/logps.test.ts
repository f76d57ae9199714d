import { expect, it } from 'vitest';
import { type AnswerToken, verdictLogps } from './logps';

const token = (text: string, others: Readonly<Record<string, number>> = {}): AnswerToken => ({
  token: text,
  alternatives: [
    { token: text, logprob: -0.1 },
    ...Object.entries(others).map(([each, logprob]) => ({ token: each, logprob })),
  ],
});

it('reads the letter, whichever token contains it', () => {
  for (const tokens of [
    [token('Hm. '), token('[['), token('A', { B: -3, C: -5 }), token(']]')],
    [token(' [[A', { ' [[B': -3 }), token(']]')],
    [token('[['), token('A]]', { 'B]]': -3 })],
    [token('A', { B: -3 })],
    [token('**'), token('A', { B: -3 }), token('**')],
  ]) {
    expect(verdictLogps(tokens)).toEqual({ A: -0.1, B: -3 });
  }
});

it('adds up the probabilities of tokens that begin with the same letter', () => {
  const logps = verdictLogps([token('[['), token('B', { A: -2, 'A]]': -3, 'B]]': -4 }), token(']]')]);
  expect(logps?.A).toBeCloseTo(Math.log(Math.exp(-2) + Math.exp(-3)), 12);
  expect(logps?.B).toBeCloseTo(Math.log(Math.exp(-0.1) + Math.exp(-4)), 12);
});

it('uses the least probable alternative for a letter that is not among them', () => {
  expect(verdictLogps([token('[['), token('A', { C: -2, D: -6 }), token(']]')])).toEqual({ A: -0.1, B: -6 });
});

it('reads the last mark, after the thought', () => {
  const tokens = [
    token('[['),
    token('B', { A: -1 }),
    token(']]'),
    token('</think>'),
    token('[['),
    token('A', { B: -2 }),
    token(']]'),
  ];
  expect(verdictLogps(tokens)).toEqual({ A: -0.1, B: -2 });
});

it('reads the letters of a reply of one token, whatever the token is', () => {
  expect(verdictLogps([token('The', { ' A': -2, B: -1.5, 'B.': -4, And: -1 })])).toEqual({
    A: -2,
    B: expect.closeTo(Math.log(Math.exp(-1.5) + Math.exp(-4)), 12),
  });
  expect(verdictLogps([token('The', { And: -1 })])).toBeNull();
});

it('is null for a tie, two verdicts, other text, and tokens without alternatives', () => {
  for (const tokens of [
    [],
    [token('[['), token('C', { A: -1, B: -1 }), token(']]')],
    [token('[['), token('A', { B: -1 }), token(']]'), token('[['), token('B', { A: -1 }), token(']]')],
    [token('A', { B: -1 }), token(' good answer')],
    [token('[['), token('A'), token(']]')],
  ]) {
    expect(verdictLogps(tokens)).toBeNull();
  }
});
