import { describe, expect, it } from 'vitest';
import { cappedReply, choiceIn, ratingIn } from './verdict';

describe('a rating', () => {
  it.each([
    ['[[7]]', 7],
    ['It is correct but short.\n\nRating: [[ 7 ]].', 7],
    ['[[7.5]]', 7.5],
    ['[[7/9]]', 7],
    ['[[7]] … so, once more: [[7]]', 7],
    ['I was asked for [[rating]] and say [[3]]', 3],
    ['<think>Perhaps [[2]], or [[9]].</think>[[8]]', 8],
    ['[[1]]', 1],
    ['[[9]]', 9],
  ])('%j is %d', (reply, rating) => {
    expect(ratingIn(reply)).toBe(rating);
  });

  it.each([
    '',
    '7',
    '[7]',
    '[[seven]]',
    '[[0]]',
    '[[10]]',
    '[[9.5]]',
    '[[-3]]',
    '[[7/10]]',
    '[[77]]',
    '[[1e1]]',
    '[[7]] or [[8]]',
    '[[7]] [[10]]',
    '[[[7]]]',
    '[[ [[7]] ]]',
    '[[7',
    '7]]',
    '[[7 because of much]]',
    '[[A]]',
    '[[NaN]]',
    '<think>Perhaps [[2]], but then',
    '<think>First.</think>So: <think>once more, [[3]]',
    `${'x'.repeat(70_000)}[[7]]`,
    '[['.repeat(30_000),
    '[[1]]'.repeat(5000).concat('[[2]]'),
  ])('%.40j is none', (reply) => {
    expect(ratingIn(reply)).toBeNull();
  });
});

describe('a choice', () => {
  it.each([
    ['[[A]]', 1],
    ['[[B]]', -1],
    ['[[C]]', 0],
    ['Both are fine; the first has more detail. Verdict: [[A]]\n[[A]]', 1],
    ['<think>[[A]]? No.</think> [[B]]', -1],
    ['[[A] is what I would have said, [[verdict]]', null],
    ['[[A]] [[B]]', null],
    ['[[a]]', null],
    ['[[AB]]', null],
    ['A', null],
    ['[[[A]]]', null],
    ['', null],
  ])('%j is %j', (reply, verdict) => {
    expect(choiceIn(reply)).toBe(verdict);
  });
});

it('shortens a long reply to its beginning and end, at whole characters', () => {
  expect(cappedReply('short')).toBe('short');
  const kept = cappedReply(`begin ${'🙂'.repeat(9000)} end [[7]]`);
  expect(kept.length).toBeLessThan(4010);
  expect(kept).toMatch(/^begin .* … .*end \[\[7\]\]$/u);
  expect(kept.isWellFormed()).toBe(true);
});
