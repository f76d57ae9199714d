import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/random';
import type { Candidate, Rollout } from '../../records/candidates';
import type { Comparison } from '../../records/judgements';
import { candidate, rollout } from '../testing/records';
import { matches, outcomeByScore, outcomeUnjudged, winRate } from './win-rate';

let written = 0;
/** Each sample has a response of its own, because equal responses tie. */
const scored = (score: number | null, responseTokens = 4) =>
  candidate({ score, responseTokens, response: `response ${written++}` });
const malformed = candidate({ malformed: 'truncated', score: null, responseTokens: 0 });
const of = (position: number, candidates: readonly Candidate[], change: Partial<Rollout> = {}) =>
  rollout(candidates, null, { category: position % 2 === 0 ? 'even' : 'odd' }, { position, ...change });
const outcomes = (own: readonly Rollout[], other: readonly Rollout[], relative = false) =>
  matches(own, other, relative).map(({ samples }) => samples.map(({ outcome }) => outcome));
const random = () => new Random(1, 'test');

describe('who wins', () => {
  it('without a judge: malformed loses to well-formed, two malformed samples tie', () => {
    expect(outcomeUnjudged(malformed, scored(0))).toBe(0);
    expect(outcomeUnjudged(scored(0), malformed)).toBe(1);
    expect(outcomeUnjudged(malformed, malformed)).toBe(0.5);
    expect(outcomeUnjudged(scored(0), scored(0))).toBeNull();
  });
  it('without a judge: equal responses tie, whatever their scores', () => {
    const [one, same] = [scored(0.31), candidate({ response: 'x', score: 0.31001 })];
    expect(outcomeUnjudged(same, { ...same, score: 0.31 })).toBe(0.5);
    expect(outcomeUnjudged({ ...same, malformed: 'truncated' }, same)).toBe(0);
    expect(outcomeUnjudged(one, same)).toBeNull();
  });
  it('by scores: the higher one wins, scores equal up to rounding tie, none without a verdict', () => {
    expect([outcomeByScore(2, 1), outcomeByScore(1, 2), outcomeByScore(1, 1)]).toEqual([1, 0, 0.5]);
    expect([outcomeByScore(0.1 + 0.2 - 0.3, 0), outcomeByScore(1e6 * (0.1 + 0.2), 3e5)]).toEqual([0.5, 0.5]);
    expect([outcomeByScore(0.300001, 0.3), outcomeByScore(3e5, 3e5 + 0.1)]).toEqual([1, 0]);
    expect([outcomeByScore(null, 1), outcomeByScore(1, null)]).toEqual([null, null]);
  });
});

describe('matches', () => {
  it('compare sample by sample on the prompts that both have', () => {
    const own = [of(0, [scored(1), scored(0)]), of(1, [malformed, scored(3)]), of(7, [scored(9), scored(9)])];
    const other = [of(1, [scored(0), scored(null)]), of(0, [scored(0), scored(0)])];
    expect(outcomes(own, other)).toEqual([[1, 0.5], [0]]);
  });

  it('have a difference in length if both samples are well-formed', () => {
    const same = candidate({ score: 1, responseTokens: 3 });
    const [match] = matches(
      [of(0, [scored(1, 9), malformed, same])],
      [of(0, [scored(0, 4), scored(0, 4), same])],
      false,
    );
    expect(match?.samples.map(({ difference }) => difference)).toEqual([5, null, 0]);
  });

  it('tie if the responses are equal, even if one was scored a little higher', () => {
    const [one, other] = [0.31, 0.31001].map((score) => of(0, [candidate({ score }), candidate({ score: null })]));
    expect(outcomes([one ?? of(0, [])], [other ?? of(0, [])])).toEqual([[0.5, 0.5]]);
  });

  it('count the samples without a verdict', () => {
    const [match] = matches([of(0, [scored(1), scored(null), scored(2)])], [of(0, [scored(0), scored(0)])], false);
    expect(match).toMatchObject({ samples: [{ outcome: 1 }], unparsed: 1 });
  });

  it('use the comparisons of a relative judge, whichever side holds them', () => {
    const compared: Comparison = { against: { iteration: 0, arm: 'thinking' }, outcomes: [1, null, 0], calls: [] };
    const samples = () => [scored(null), scored(null), malformed];
    const own = [of(0, samples(), { iteration: 2, comparisons: [compared] })];
    const other = [of(0, samples(), { iteration: 0 })];
    expect(outcomes(own, other, true)).toEqual([[1, 0.5]]);
    expect(outcomes(other, own, true)).toEqual([[0, 0.5]]);
    expect(outcomes(own, [of(0, samples(), { iteration: 1 })], true)).toEqual([[0.5]]);
  });
});

describe('a win rate', () => {
  const own = Array.from({ length: 40 }, (_, i) => of(i, [scored(i % 4 === 0 ? 0 : 1), scored(i % 8 === 0 ? 2 : 1)]));
  const other = Array.from({ length: 40 }, (_, i) => of(i, [scored(i % 5 === 0 ? 1 : 0), scored(1)]));

  it('is the share of samples won, a tie counting half, with its interval and by category', () => {
    const all = matches(own, other, false);
    const flat = all.flatMap(({ samples }) => samples.map(({ outcome }) => outcome));
    const rate = winRate('seed', all, random);
    expect(rate).toMatchObject({ against: 'seed', prompts: 40, rate: flat.reduce((a, b) => a + b, 0) / flat.length });
    const [low, high] = rate?.interval ?? [1, 0];
    expect(low).toBeLessThan(rate?.rate ?? 0);
    expect(high).toBeGreaterThan(rate?.rate ?? 1);
    expect(high - low).toBeLessThan(0.3);
    expect(Object.keys(rate?.byCategory ?? {})).toEqual(['even', 'odd']);
    const { even = 0, odd = 0 } = rate?.byCategory ?? {};
    expect((even + odd) / 2).toBeCloseTo(rate?.rate ?? 0, 12);
  });

  it('is one half for a policy against itself, and the rates of both sides add up to one', () => {
    expect(winRate('seed', matches(own, own, false), random)?.rate).toBe(0.5);
    const [one, two] = [matches(own, other, false), matches(other, own, false)].map(
      (all) => winRate('direct', all, random)?.rate,
    );
    expect((one ?? 0) + (two ?? 0)).toBeCloseTo(1, 12);
  });

  it('resamples whole prompts for its interval: more equal samples of a prompt do not narrow it', () => {
    const twice = own.map((r) => ({ ...r, candidates: [...r.candidates, ...r.candidates] }));
    const others = other.map((r) => ({ ...r, candidates: [...r.candidates, ...r.candidates] }));
    expect(winRate('seed', matches(twice, others, false), random)?.interval).toEqual(
      winRate('seed', matches(own, other, false), random)?.interval,
    );
  });

  it('has a length-controlled value with an interval if lengths differ', () => {
    const longer = Array.from({ length: 60 }, (_, i) =>
      of(i, [scored(i % 3 === 0 ? 0 : 1, 5 + (i % 7)), scored(i % 2, 4 + (i % 5))]),
    );
    const shorter = Array.from({ length: 60 }, (_, i) => of(i, [scored(i % 3 === 1 ? 1 : 0, 4), scored(i % 2, 5)]));
    const rate = winRate('direct', matches(longer, shorter, false), random);
    const [low, high] = rate?.lengthControlledInterval ?? [1, 0];
    expect(low).toBeLessThan(rate?.lengthControlled ?? 0);
    expect(high).toBeGreaterThan(rate?.lengthControlled ?? 1);
    expect(winRate('direct', matches(longer, shorter, false), random)).toEqual(rate);
  });

  it('counts its prompts, and its samples without a verdict', () => {
    const some = own.map((r, i) =>
      i < 3 ? { ...r, candidates: [scored(null), i === 0 ? scored(1) : scored(null)] } : r,
    );
    expect(winRate('seed', matches(some, other, false), random)).toMatchObject({ prompts: 38, unparsed: 5 });
  });

  it('has intervals by category, but none for fewer than five prompts', () => {
    const rate = winRate('seed', matches(own.slice(0, 9), other.slice(0, 9), false), random);
    expect(rate?.byCategoryInterval).toEqual({ even: [expect.any(Number), expect.any(Number)], odd: null });
    expect(winRate('seed', matches(own.slice(0, 4), other.slice(0, 4), false), random)?.interval).toBeNull();
  });

  it('is null without any verdict', () => {
    expect(winRate('seed', matches([of(0, [scored(null)])], [of(0, [scored(1)])], false), random)).toBeNull();
  });
});
