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
const seats = (...judges: OpenJudge[]) => judges.map((judge) => ({ judge, weight: 1 }));

describe('the scores', () => {
  const of = (weight: number, ...scores: (number | null)[]) => ({ judge: '', weight, scores });
  it('are made comparable before they are added by weight', () => {
    const [a = 0, b = 0, c = 0] = panelScores([of(1, 1, 2, 3), of(1, 100, 200, 300)]).map(Number);
    expect(a).toBeCloseTo(-Math.sqrt(1.5), 12);
    expect(b).toBeCloseTo(0, 12);
    expect(c).toBeCloseTo(Math.sqrt(1.5), 12);
    expect(panelScores([of(3, 0, 1), of(1, 1000, 0)]).map(Number)).toEqual([-0.5, 0.5]);
  });

  it('pass over a member without an opinion, and are none where nobody has one', () => {
    expect(panelScores([of(1, 5, 5, 5), of(1, 0, 0, 1)]).map((score) => Math.sign(Number(score)))).toEqual([
      -1, -1, 1,
    ]);
    expect(panelScores([of(1, null, 2, 4), of(5, null, null, null)])).toEqual([null, -1, 1]);
    expect(panelScores([])).toEqual([]);
  });
});

describe('the panel', () => {
  it('keeps what each member said, and how far they disagree', async () => {
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
    expect((await createPanel(seats(member([1, 1, 1]), member([1, 2, 3]))).score(request)).detail).toContain(
      'no two members',
    );
  });

  it('is as patient as its slowest member, and named by all their prompts', () => {
    const paces = (...of: NonNullable<Judge['pace']>[]) =>
      createPanel(seats(...of.map((pace) => member([], { pace })))).pace;
    expect(paces('at-once', 'policy-idle')).toBe('policy-idle');
    expect(paces('patient', 'policy-idle')).toBe('patient');
    const version = (...of: (string | null)[]) =>
      createPanel(seats(...of.map((promptVersion) => member([], { promptVersion })))).promptVersion;
    expect(version(null, '0123abcd')).toBe('0123abcd');
    expect(version('0123abcd', '4567cdef')).toMatch(/^[\da-f]{8}$/);
    expect(version('0123abcd', '4567cdef')).not.toBe(version('4567cdef', '0123abcd'));
  });

  it('fails with the first that fails, and tells the others to stop', async () => {
    const failure = new LabError('judge-failed', 'No connection.');
    let told: AbortSignal | undefined;
    const waits = member([], {
      score: ({ signal }) => {
        told = signal;
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    });
    const fails = member([], { score: () => Promise.reject(failure) });
    await expect(createPanel(seats(waits, fails)).score(request)).rejects.toBe(failure);
    expect(told?.aborted).toBe(true);
    await expect(createPanel(seats(member([1, 2]))).score(request)).rejects.toMatchObject({
      message: 'member gave 2 scores for 3 responses.',
    });
    const abort = new AbortController();
    const stopped = expect(createPanel(seats(waits)).score({ ...request, signal: abort.signal })).rejects.toThrow(
      'stopped',
    );
    abort.abort();
    await stopped;
  });

  it('gives back and ends all', async () => {
    const log: string[] = [];
    const panel = createPanel(
      seats(
        member([], { release: async () => void log.push('release'), dispose: () => void log.push('dispose 1') }),
        member([], { dispose: () => void log.push('dispose 2') }),
      ),
    );
    await panel.release?.();
    panel.dispose();
    expect(log).toEqual(['release', 'dispose 1', 'dispose 2']);
  });
});
