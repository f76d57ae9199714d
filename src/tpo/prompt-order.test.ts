import { expect, it } from 'vitest';
import { promptBlock } from './prompt-order';

it('gives every prompt once before any twice, in the same order for the same seed', () => {
  const blocks = [1, 2, 3, 4, 5].flatMap((iteration) => promptBlock(20, 8, iteration, 1));
  expect(new Set(blocks.slice(0, 20)).size).toBe(20);
  expect(blocks.slice(20)).toEqual(blocks.slice(0, 20));
  expect(promptBlock(20, 8, 2, 1)).toEqual(blocks.slice(8, 16));
  expect(promptBlock(20, 8, 2, 2)).not.toEqual(blocks.slice(8, 16));
});

it('wraps around within a block that is larger than the set, and has none of none', () => {
  const block = promptBlock(3, 7, 1, 5);
  expect([...block.slice(0, 3)].sort()).toEqual([0, 1, 2]);
  expect(block.slice(3, 6)).toEqual(block.slice(0, 3));
  expect(promptBlock(0, 7, 1, 5)).toEqual([]);
});
