import { expect, it } from 'vitest';
import { limit } from './limit';

it('runs so many at once, in order, whatever becomes of them', async () => {
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
