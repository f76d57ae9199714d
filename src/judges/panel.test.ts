import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import type { JudgeCall } from '../records/judgements';
import type { Judge, JudgeRequest, OpenJudge } from './judge';
import { createPanel, panelScores } from './panel';

const member = (
  scores: readonly (number | null)[],
  change: Partial<OpenJudge> & { calls?: JudgeCall[] } = {},
): OpenJudge => {
  const { calls, ...rest } = change;
  return {
    name: 'member',
    promptVersion: null,
    score: async () => ({ scores, detail: 'said so', ...(calls && { calls }) }),
    dispose() {},
    ...rest,
  };
};
const request: JudgeRequest = { instruction: 'x', responses: ['a', 'b', 'c'] };
const equal = (...judges: OpenJudge[]) => judges.map((judge) => ({ judge, weight: 1 }));

describe('the scores of a panel', () => {
  const of = (weight: number, ...scores: (number | null)[]) => ({ judge: '', weight, scores });
  it('are standardised before they are averaged by weight', () => {
    const [a = 0, b = 0, c = 0] = panelScores([of(1, 1, 2, 3), of(1, 100, 200, 300)]).map(Number);
    expect(a).toBeCloseTo(-Math.sqrt(1.5), 12);
    expect(b).toBeCloseTo(0, 12);
    expect(c).toBeCloseTo(Math.sqrt(1.5), 12);
    expect(panelScores([of(3, 0, 1), of(1, 1000, 0)]).map(Number)).toEqual([-0.5, 0.5]);
  });

  it('skip a member without a score, and are null if no member has one', () => {
    expect(panelScores([of(1, 5, 5, 5), of(1, 0, 0, 1)]).map((score) => Math.sign(Number(score)))).toEqual([
      -1, -1, 1,
    ]);
    expect(panelScores([of(1, null, 2, 4), of(5, null, null, null)])).toEqual([null, -1, 1]);
    expect(panelScores([])).toEqual([]);
  });
});

describe('a panel', () => {
  it('returns each member’s scores, and how far the members disagree', async () => {
    const call: JudgeCall = { shown: [0, 1], verdict: 1, reply: '[[A]]' };
    const panel = createPanel([
      { judge: member([1, 2, 3], { name: 'one', calls: [call] }), weight: 1 },
      { judge: member([30, 20, 10], { name: 'two' }), weight: 0.5 },
    ]);
    const judgement = await panel.score(request);
    expect(panel).toMatchObject({
      name: 'panel of one, two × 0.5',
      relative: true,
      pace: 'at-once',
      promptVersion: null,
    });
    expect(judgement.members).toEqual([
      { judge: 'one', weight: 1, scores: [1, 2, 3] },
      { judge: 'two', weight: 0.5, scores: [30, 20, 10] },
    ]);
    expect(judgement.calls).toEqual([{ ...call, judge: 'one' }]);
    expect(judgement.detail).toBe('100% of orders opposed; said so; said so');
    expect(judgement.scores.map((score) => Math.sign(Number(score)))).toEqual([-1, 0, 1]);
    expect((await createPanel(equal(member([1, 1, 1]), member([1, 2, 3]))).score(request)).detail).toContain(
      'no two members',
    );
  });

  it('is as slow as its slowest member, and has one prompt version for all', () => {
    const paces = (...of: NonNullable<Judge['pace']>[]) =>
      createPanel(equal(...of.map((pace) => member([], { pace })))).pace;
    expect(paces('at-once', 'policy-idle')).toBe('policy-idle');
    expect(paces('patient', 'policy-idle')).toBe('patient');
    const version = (...of: (string | null)[]) =>
      createPanel(equal(...of.map((promptVersion) => member([], { promptVersion })))).promptVersion;
    expect(version(null, '0123abcd')).toBe('0123abcd');
    expect(version('0123abcd', '4567cdef')).toMatch(/^[\da-f]{8}$/);
    expect(version('0123abcd', '4567cdef')).not.toBe(version('4567cdef', '0123abcd'));
  });

  it('fails with the first member that fails, and stops the others', async () => {
    const failure = new LabError('judge-failed', 'No connection.');
    let received: AbortSignal | undefined;
    const waits = member([], {
      score: ({ signal }) => {
        received = signal;
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    });
    const fails = member([], { score: () => Promise.reject(failure) });
    await expect(createPanel(equal(waits, fails)).score(request)).rejects.toBe(failure);
    expect(received?.aborted).toBe(true);
    await expect(createPanel(equal(member([1, 2]))).score(request)).rejects.toMatchObject({
      message: 'member gave 2 scores for 3 responses.',
    });
    const abort = new AbortController();
    const stopped = expect(createPanel(equal(waits)).score({ ...request, signal: abort.signal })).rejects.toThrow(
      'stopped',
    );
    abort.abort();
    await stopped;
  });

  it('releases and disposes all members', async () => {
    const log: string[] = [];
    const panel = createPanel(
      equal(
        member([], { release: async () => void log.push('release'), dispose: () => void log.push('dispose 1') }),
        member([], { dispose: () => void log.push('dispose 2') }),
      ),
    );
    await panel.release?.();
    panel.dispose();
    expect(log).toEqual(['release', 'dispose 1', 'dispose 2']);
  });
});
