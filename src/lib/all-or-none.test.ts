import { expect, it } from 'vitest';
import { allOrNone } from './all-or-none';

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject('told')));

it('gives the results in order', async () => {
  expect(await allOrNone([3, 1, 2], async (n, _, i) => n * 10 + i)).toEqual([30, 11, 22]);
});

it('ends the others when one fails, and rejects with its reason', async () => {
  const signals: AbortSignal[] = [];
  const failing = allOrNone([0, 1], (n, signal) => {
    signals.push(signal);
    return n === 0 ? never(signal) : Promise.reject(new Error('gone'));
  });
  await expect(failing).rejects.toThrow('gone');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

it('ends all where the outer signal does', async () => {
  const outer = new AbortController();
  const ended = expect(allOrNone([0, 1], (_, signal) => never(signal), outer.signal)).rejects.toBe('told');
  outer.abort();
  await ended;
});
