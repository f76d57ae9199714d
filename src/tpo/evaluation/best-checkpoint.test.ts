import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../records/evaluations';
import { evaluation } from '../testing/records';
import { bestIteration, earlyStopWarning, fellTwice, heldoutScores, stoppedBefore } from './best-checkpoint';

const byAccuracy = (...values: number[]) => values.map((accuracy, iteration) => evaluation({ iteration, accuracy }));
const byScore = (...values: (number | null)[]) =>
  values.map((meanScore, iteration) => evaluation({ iteration, accuracy: null, meanScore }));
const byRate = (...rates: number[]) =>
  [0.5, ...rates].map((rate, iteration): Evaluation => {
    const won = {
      against: 'seed',
      rate,
      interval: null,
      lengthControlled: null,
      lengthControlledInterval: null,
    } as const;
    const winRates = iteration === 0 ? [] : [{ ...won, prompts: 9, byCategory: {} }];
    return evaluation({ iteration, accuracy: null, meanScore: null, winRates });
  });

describe('the best checkpoint', () => {
  it('is the iteration that scored highest on the held-out prompts, the first among equals', () => {
    expect(bestIteration(byAccuracy(0.4, 0.6, 0.5), 'thinking')).toBe(1);
    expect(bestIteration(byAccuracy(0.4, 0.6, 0.6), 'thinking')).toBe(1);
    expect(bestIteration(byAccuracy(0.7, 0.6, 0.6).toReversed(), 'thinking')).toBe(0);
    expect(bestIteration(byAccuracy(0.7), 'direct')).toBeNull();
  });

  it('is not one that is good on its few well-formed responses: a malformed one loses', () => {
    const rates = byRate(0.6, 0.4);
    const scores = [0.5, 0.6, 0.9];
    const evaluations = rates.map((one, i) => ({ ...one, meanScore: scores[i] ?? 0, malformed: i === 2 ? 0.6 : 0 }));
    expect(heldoutScores(evaluations, 'thinking')?.measure).toBe('wins');
    expect(bestIteration(evaluations, 'thinking')).toBe(1);
  });

  it('uses accuracy only if every prompt can be checked', () => {
    const mixed = byRate(0.4, 0.6).map((one, i) => ({ ...one, accuracy: [0.1, 1, 0][i] ?? 0, checkable: 1 }));
    expect(bestIteration(mixed, 'thinking')).toBe(2);
    expect(
      bestIteration(
        mixed.map((one) => ({ ...one, checkable: one.prompts })),
        'thinking',
      ),
    ).toBe(1);
  });

  it('uses the mean score in older runs, which have neither', () => {
    expect(heldoutScores(byScore(1, 3, 2), 'thinking')).toMatchObject({ measure: 'score' });
    expect(bestIteration(byScore(1, 3, 2), 'thinking')).toBe(1);
    expect(heldoutScores(byRate(0.45, 0.6), 'thinking')?.scores.map(({ score }) => score)).toEqual([0.5, 0.45, 0.6]);
    expect(bestIteration(byRate(0.45, 0.4), 'thinking')).toBe(0);
    expect(bestIteration(byScore(1, null), 'thinking')).toBeNull();
  });
});

describe('an early stop', () => {
  it('comes when the score fell twice in a row', () => {
    expect(fellTwice(byAccuracy(0.5, 0.4), 'thinking')).toBe(false);
    expect(fellTwice(byAccuracy(0.5, 0.4, 0.3), 'thinking')).toBe(true);
    expect(fellTwice(byAccuracy(0.5, 0.4, 0.4), 'thinking')).toBe(false);
    expect(fellTwice(byAccuracy(0.5, 0.4, 0.45, 0.3), 'thinking')).toBe(false);
    expect(fellTwice(byAccuracy(0.1, 0.5, 0.4, 0.3), 'thinking')).toBe(true);
    expect(fellTwice(byAccuracy(0.5, 0.4, 0.3), 'direct')).toBe(false);
  });

  it('affects later arm iterations only, and only if the recipe asks for it', () => {
    const evaluations = byAccuracy(0.5, 0.4, 0.3);
    const stopped = (iteration: number, earlyStop = true) =>
      stoppedBefore({ earlyStop }, evaluations, { iteration, arm: 'thinking' });
    expect([1, 2, 3, 4].map((iteration) => stopped(iteration))).toEqual([false, false, true, true]);
    expect(stopped(3, false)).toBe(false);
    expect(stoppedBefore({ earlyStop: true }, evaluations, { iteration: 3, arm: 'direct' })).toBe(false);
  });

  it('uses the win rate, or the mean score if there is nothing else', () => {
    expect([fellTwice(byRate(0.45, 0.4), 'thinking'), fellTwice(byRate(0.55, 0.4), 'thinking')]).toEqual([
      true,
      false,
    ]);
    expect([fellTwice(byScore(3, 2, 1), 'thinking'), fellTwice(byScore(3, 2, 2), 'thinking')]).toEqual([true, false]);
    expect(earlyStopWarning(byRate(0.45, 0.4), 'thinking')[0]?.message).toBe(
      'The held-out win rate against the seed model of the thinking arm fell twice: ' +
        '50.0%, 45.0%, 40.0% after iterations 0, 1, 2. The arm stops here.',
    );
  });

  it('causes a warning with the scores', () => {
    const [warning] = earlyStopWarning(byAccuracy(0.1, 0.5, 0.42, 0.3), 'thinking');
    expect(warning?.message).toBe(
      'The held-out accuracy of the thinking arm fell twice: ' +
        '50.0%, 42.0%, 30.0% after iterations 1, 2, 3. The arm stops here.',
    );
    expect(warning?.advice).toContain('Iteration 1 was best');
    expect(earlyStopWarning(byScore(3, 2, 1), 'thinking')[0]?.advice).toContain('before training was best');
  });
});
