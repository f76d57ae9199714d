import { expect, it } from 'vitest';
import { allOrNone, limit } from './async';

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject('aborted')));

it('allOrNone gives the results in order', async () => {
  expect(await allOrNone([3, 1, 2], async (n, _, i) => n * 10 + i)).toEqual([30, 11, 22]);
});

it('allOrNone aborts the others when one fails, and rejects with its error', async () => {
  const signals: AbortSignal[] = [];
  const failing = allOrNone([0, 1], (n, signal) => {
    signals.push(signal);
    return n === 0 ? never(signal) : Promise.reject(new Error('gone'));
  });
  await expect(failing).rejects.toThrow('gone');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

it('allOrNone aborts everything when the outer signal aborts', async () => {
  const outer = new AbortController();
  const ended = expect(allOrNone([0, 1], (_, signal) => never(signal), outer.signal)).rejects.toBe('aborted');
  outer.abort();
  await ended;
});

it('limit runs so many tasks at once, in order, even if some fail', async () => {
  const run = limit(2);
  const started: number[] = [];
  const end = new Map<number, (failed?: Error) => void>();
  const results = [0, 1, 2, 3].map((i) =>
    run(() => {
      started.push(i);
      return new Promise<number>((resolve, reject) => end.set(i, (failed) => (failed ? reject(failed) : resolve(i))));
    }),
  );
  const settled = Promise.allSettled(results);
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  end.get(1)?.(new Error('one fails'));
  await expect(results[1]).rejects.toThrow('one fails');
  await Promise.resolve();
  expect(started).toEqual([0, 1, 2]);
  end.get(0)?.();
  await results[0];
  await Promise.resolve();
  expect(started).toEqual([0, 1, 2, 3]);
  end.get(2)?.();
  end.get(3)?.();
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});
