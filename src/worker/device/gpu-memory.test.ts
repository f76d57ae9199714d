import { expect, it } from 'vitest';
import { judgesMustFreeMemory } from './gpu-memory';

it('lets a judge stay where policy and judge take half of the memory, and not where they take more', () => {
  const GiB = 2 ** 30;
  expect(judgesMustFreeMemory(3 * GiB, 1 * GiB, 8)).toBe(false);
  expect(judgesMustFreeMemory(3 * GiB, 1 * GiB + 1, 8)).toBe(true);
  expect(judgesMustFreeMemory(1.3 * GiB, 0.9 * GiB, 4)).toBe(true);
});
