import { expect, it } from 'vitest';
import type { OpenJudge } from '../judges/judge';
import { compared } from './comparing';
import { candidate, rollout } from './testing/records';

it('one comparison that fails ends the others: nobody is asked any more while the run waits', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const judge: OpenJudge = {
    ...{ name: 'at an address', promptVersion: null, relative: true, dispose() {} },
    score({ signal }) {
      signals.push(signal);
      if (signals.length === 3) return Promise.reject(new Error('no network'));
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const own = rollout([candidate({ response: 'a' }), candidate({ index: 1, response: 'b' })], null);
  const other = rollout([candidate({ response: 'c' }), candidate({ index: 1, response: 'd' })], null, {}, { iteration: 0 });
  const opponents = (['thinking', 'direct'] as const).map((arm) => ({ place: { iteration: 0, arm }, rollouts: [other] }));
  await expect(compared(own, opponents, judge, () => 0)).rejects.toMatchObject({ code: 'judge-failed' });
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true, true]);
});
