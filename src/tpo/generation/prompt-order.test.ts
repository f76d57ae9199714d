import { expect, it } from 'vitest';
import { promptBlock } from './prompt-order';

const blocks = { seed: 1, iterations: 5, promptsPerIteration: 8, sftPrompts: 0 };

it('gives every prompt once before any twice, in the same order for the same seed', () => {
  const all = [1, 2, 3, 4, 5].flatMap((iteration) => promptBlock(20, blocks, iteration));
  expect(new Set(all.slice(0, 20)).size).toBe(20);
  expect(all.slice(20)).toEqual(all.slice(0, 20));
  expect(promptBlock(20, blocks, 2)).toEqual(all.slice(8, 16));
  expect(promptBlock(20, { ...blocks, seed: 2 }, 2)).not.toEqual(all.slice(8, 16));
});

it('wraps around within a block that is larger than the set, and has none of none', () => {
  const block = promptBlock(3, { ...blocks, promptsPerIteration: 7, seed: 5 }, 1);
  expect([...block.slice(0, 3)].sort()).toEqual([0, 1, 2]);
  expect(block.slice(3, 6)).toEqual(block.slice(0, 3));
  expect(promptBlock(0, blocks, 1)).toEqual([]);
});

it('gives the warm-up prompts of its own, and changes no other block', () => {
  const warm = { ...blocks, iterations: 2, sftPrompts: 4 };
  const trained = [1, 2].flatMap((iteration) => promptBlock(20, warm, iteration));
  const own = promptBlock(20, warm, 0);
  expect(new Set([...own, ...trained]).size).toBe(20);
  expect(trained).toEqual([1, 2].flatMap((iteration) => promptBlock(20, { ...warm, sftPrompts: 0 }, iteration)));
  expect(promptBlock(20, { ...warm, sftPrompts: 0 }, 0)).toEqual([]);
});
