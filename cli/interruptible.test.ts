import { expect, it } from 'vitest';
import { interruptible } from './interruptible';

const never = new Promise<never>(() => {});

it.each(['SIGINT', 'SIGTERM'] as const)('%s ends the wait and removes the listeners', async (signal) => {
  const before = process.listenerCount(signal);
  const waiting = interruptible(never);
  process.emit(signal, signal);
  await expect(waiting).rejects.toThrow(`Ended by ${signal}.`);
  expect(process.listenerCount(signal)).toBe(before);
});

it('passes on the result or the error of work that ends by itself', async () => {
  expect(await interruptible(Promise.resolve(3))).toBe(3);
  await expect(interruptible(Promise.reject(new Error('no')))).rejects.toThrow('no');
});
