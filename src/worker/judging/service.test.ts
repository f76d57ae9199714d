import { beforeEach, describe, expect, it } from 'vitest';
import { humanJudge } from '../../judges/human';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import type { LabEvent } from '../../records/events';
import { Loop } from '../../tpo/loop';
import { MemoryStore } from '../../tpo/testing/memory-store';
import { ScriptedPolicy } from '../../tpo/testing/scripted-policy';
import { finish, openJudge, RECIPE, Worlds } from '../../tpo/testing/world';
import { JudgingDesk } from './service';

const byHand = { ...RECIPE, judge: 'human', evaluationJudge: 'rule' } as const;
const place = { iteration: 1, arm: 'thinking' } as const;

interface Setting {
  readonly judge?: Judge;
  readonly idle?: () => Promise<void>;
  /** Between two tensors of the policy. */
  readonly loading?: () => Promise<void>;
  /** Before the judge is there. */
  readonly opening?: () => Promise<void>;
  /** Milliseconds from one look at the clock to the next. */
  readonly tick?: number;
}

const nothing = async () => {};

/** A promise that a test resolves. */
function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function desk(
  store: MemoryStore,
  { judge = ruleJudge, idle = nothing, loading = nothing, opening = nothing, tick = 1000 }: Setting = {},
) {
  const events: LabEvent[] = [];
  const voted: string[] = [];
  const closed: string[] = [];
  const times: number[] = [];
  let now = 0;
  const made = new JudgingDesk({
    store,
    openPolicy: async (_recipe, onProgress) => {
      onProgress(1, 2);
      await loading();
      onProgress(2, 2);
      const policy = new ScriptedPolicy();
      policy.dispose = () => void closed.push('policy');
      return policy;
    },
    openJudge: async () => {
      await opening();
      return { ...openJudge(judge), name: 'other', dispose: () => void closed.push('judge') };
    },
    idle,
    emit: (event) => events.push(event),
    tell: (state) => events.push({ type: 'judge', state }),
    progress: (done, total) => events.push({ type: 'rejudge', done, total }),
    voted: (runId) => voted.push(runId),
    timed: async (_recipe, seconds) => void times.push(seconds),
    now: () => (now += tick),
  });
  return { ...made, giveWay: () => made.giveWay(), events, voted, closed, times };
}

/** A run that waits for a person. */
async function waiting() {
  const worlds = new Worlds(byHand);
  const store = await worlds.newStore();
  const loop = await Loop.open(worlds.world(store, {}, humanJudge, ruleJudge).parts);
  while ((await loop.step()) === 'stored');
  return { store, loop };
}

/** A run that is done. */
async function done() {
  const worlds = new Worlds(RECIPE);
  const store = await worlds.newStore();
  await finish(worlds.world(store));
  return store;
}

describe('ballots', { timeout: 60_000 }, () => {
  it('are asked in the run’s order, shuffled and blind, and counted as they are voted on', async () => {
    const { store, loop } = await waiting();
    const { ballots, events, voted } = desk(store);
    const asked = await ballots.ballots('r');
    expect(asked.done).toBe(0);
    expect(asked.total).toBe(asked.waiting.length);
    expect(asked.total).toBeGreaterThan(2);
    for (const { responses } of asked.waiting) {
      expect(new Set(responses.map(({ text }) => text)).size).toBe(responses.length);
      expect(responses.length).toBeGreaterThan(1);
    }
    const orders = asked.waiting.map(({ responses }) => responses.map(({ candidate }) => candidate));
    expect(orders.some((order) => order.some((candidate, i) => candidate < at(order, Math.max(0, i - 1))))).toBe(true);
    // The same after a reload.
    expect(await desk(store).ballots.ballots('r')).toEqual(asked);

    const first = at(asked.waiting, 0);
    const [best, worst] = [at(first.responses, 0).candidate, at(first.responses, 1).candidate];
    await ballots.vote('r', first.id, { best, worst });
    expect(voted).toEqual(['r']);
    expect(events.at(-1)).toEqual({ type: 'ballots', runId: 'r', waiting: asked.total - 1 });
    expect(await ballots.ballots('r')).toMatchObject({ done: 1, total: asked.total });
    expect(await loop.step()).toBe('waiting');
    expect(await ballots.undo('r')).toEqual(first);
    expect(await ballots.undo('r')).toBeNull();
    expect(await ballots.ballots('r')).toEqual(asked);
  });

  it('count when the last of an iteration is cast, and then stay', async () => {
    const { store, loop } = await waiting();
    const { ballots } = desk(store);
    const { waiting: asked } = await ballots.ballots('r');
    const own = asked.filter(({ arm }) => arm === 'thinking');
    for (const { id } of own) await ballots.vote('r', id, 'tie');
    await loop.step();
    expect((await ballots.ballots('r')).waiting.every(({ arm }) => arm === 'direct')).toBe(true);
    while ((await store.rollouts('r', { purpose: 'train', ...place })).some(({ judgement }) => judgement === null))
      await loop.step();
    await expect(ballots.vote('r', at(own, 0).id, 'skip')).rejects.toMatchObject({ code: 'not-found' });
    expect(await ballots.undo('r')).toBeNull();
    expect((await store.votes('r')).length).toBe(own.length);
  });

  it('take no vote for what is not on them', async () => {
    const { store } = await waiting();
    const { ballots } = desk(store);
    const first = at((await ballots.ballots('r')).waiting, 0);
    const [a, b] = first.responses;
    await expect(ballots.vote('r', first.id, { best: 99, worst: a?.candidate ?? 0 })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(
      ballots.vote('r', first.id, { best: b?.candidate ?? 0, worst: b?.candidate ?? 0 }),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(ballots.vote('r', '9/thinking/9', 'tie')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ballots.ballots('gone')).rejects.toMatchObject({ code: 'not-found' });
    expect(await store.votes('r')).toEqual([]);
  });

  it('are none where no person judges', async () => {
    const store = await done();
    expect(await desk(store).ballots.ballots('r')).toEqual({ waiting: [], done: 0, total: 0 });
  });
});

describe('another judge', { timeout: 60_000 }, () => {
  const longest: Judge = {
    score: async ({ responses }) => ({ scores: responses.map((text) => text.length), detail: 'long' }),
  };

  it('that is the same comes to the same pairs, and writes nothing over', async () => {
    const store = await done();
    const before = new Map(store.records);
    const { rejudger, events, closed } = desk(store);
    const made = await rejudger.judge('r', place, RECIPE);
    const own = await store.rollouts('r', { purpose: 'train', ...place });
    expect(await store.rejudgedPairs('r', made.id)).toEqual(
      own.map(({ position, candidates, pair }) => ({ position, scores: candidates.map(({ score }) => score), pair })),
    );
    expect(made).toMatchObject({ judge: 'other', done: 4, total: 4, ...place });
    expect(await store.rejudgements('r')).toEqual([made]);
    expect(events.filter(({ type }) => type === 'rejudge')).toEqual(
      [0, 1, 2, 3, 4].map((count) => ({ type: 'rejudge', done: count, total: 4 })),
    );
    expect(closed).toEqual(['judge']);
    await store.deleteRejudgement('r', made.id);
    expect(store.records).toEqual(before);
  });

  it('may come to others', async () => {
    const store = await done();
    const made = await desk(store, { judge: longest }).rejudger.judge('r', place, { ...RECIPE, judge: 'onnx' });
    expect(await store.rejudgedPairs('r', made.id)).toHaveLength(4);
    for (const { position, scores, pair } of await store.rejudgedPairs('r', made.id)) {
      expect(await store.rejudgedWords('r', made.id, position)).toMatchObject({ judge: 'other', detail: 'long' });
      if ('none' in pair) continue;
      expect(scores[pair.chosen]).toBe(Math.max(...scores.flatMap((score) => score ?? [])));
    }
  });

  it('judges what the run’s own judge has not come to', async () => {
    const { store } = await waiting();
    const own = await store.rollouts('r', { purpose: 'train', ...place });
    expect(own.every(({ judgement, pair }) => judgement === null && pair === null)).toBe(true);
    const made = await desk(store).rejudger.judge('r', place, RECIPE);
    expect(made).toMatchObject({ done: own.length, total: own.length, facts: { judge: 'other' } });
    const pairs = await store.rejudgedPairs('r', made.id);
    expect(pairs.map(({ position }) => position)).toEqual(own.map(({ position }) => position));
    expect(pairs.some(({ pair }) => 'chosen' in pair)).toBe(true);
    expect(await store.rollouts('r', { purpose: 'train', ...place })).toEqual(own);
  });

  it('stores each prompt once, as it goes', async () => {
    const store = await done();
    store.writes = 0;
    const made = await desk(store, { tick: 3000 }).rejudger.judge('r', place, RECIPE);
    // Nothing that it judged is written a second time; the head is, every few seconds and at the end.
    const heads = store.writes - 4;
    expect(heads).toBeGreaterThan(1);
    expect(await store.rejudgedPairs('r', made.id)).toHaveLength(4);
  });

  it('is warned of as the run’s own would be', async () => {
    const store = await done();
    const constant: Judge = { score: async ({ responses }) => ({ scores: responses.map(() => 5), detail: '' }) };
    const { warnings } = await desk(store, { judge: constant }).rejudger.judge('r', place, {
      ...RECIPE,
      judge: 'onnx',
    });
    expect(warnings).toMatchObject([
      { code: 'judge-fails-controls', advice: expect.stringContaining('choose the rule'), field: 'judge' },
    ]);
  });

  it('decides by the run’s length control and share of malformed pairs', async () => {
    const controlled = { ...RECIPE, rho: 0.5, malformedShare: 0 };
    const worlds = new Worlds(controlled);
    const store = await worlds.newStore();
    await finish(worlds.world(store));
    const made = await desk(store).rejudger.judge('r', place, { ...controlled, rho: 0, malformedShare: 1 });
    const own = await store.rollouts('r', { purpose: 'train', ...place });
    expect((await store.rejudgedPairs('r', made.id)).map(({ pair }) => pair)).toEqual(own.map(({ pair }) => pair));
  });

  it('keeps what it has judged when it is cancelled, or fails', async () => {
    const store = await done();
    let calls = 0;
    const slow: Judge = {
      score: async (request) => {
        if (++calls > 1) await new Promise(() => {});
        return longest.score(request);
      },
    };
    const { rejudger, closed } = desk(store, { judge: slow });
    const judged = rejudger.judge('r', place, { ...RECIPE, controls: 0 });
    await expect.poll(() => calls).toBe(2);
    await expect(rejudger.judge('r', place, RECIPE)).rejects.toMatchObject({ code: 'running-elsewhere' });
    await rejudger.cancel();
    expect(await judged).toMatchObject({ done: 1, total: 4 });
    expect(closed).toEqual(['judge']);

    const failing: Judge = {
      score: (request) =>
        request.instruction.includes('3') ? Promise.reject(new Error('gone')) : longest.score(request),
    };
    const failed = desk(store, { judge: failing }).rejudger.judge('r', { ...place, arm: 'direct' }, RECIPE);
    await expect(failed).rejects.toMatchObject({ code: 'judge-failed' });
    const kept = await store.rejudgements('r');
    expect(kept.map(({ total }) => total)).toContain(4);
    for (const { id, done } of kept) expect(await store.rejudgedPairs('r', id)).toHaveLength(done);
  });

  it('makes way for a run where it holds a policy, and goes on where it does not', async () => {
    const store = await done();
    let calls = 0;
    const { promise, resolve } = gate();
    const slow: Judge = {
      score: async (request) => {
        if (++calls > 1) await promise;
        return longest.score(request);
      },
    };
    const own = desk(store, { judge: slow });
    const judged = own.rejudger.judge('r', place, { ...RECIPE, judge: 'self', controls: 0 });
    await expect.poll(() => calls).toBe(2);
    await own.giveWay();
    expect(own.closed).toEqual(['judge', 'policy']);
    expect(await judged).toMatchObject({ done: 1, total: 4 });

    calls = 0;
    const other = desk(store, { judge: slow });
    const whole = other.rejudger.judge('r', place, { ...RECIPE, controls: 0 });
    await expect.poll(() => calls).toBe(2);
    await other.giveWay();
    expect(other.closed).toEqual([]);
    resolve();
    expect(await whole).toMatchObject({ done: 4, total: 4 });
  });

  it('is refused where it cannot be', async () => {
    const store = await done();
    const { rejudger } = desk(store);
    await expect(rejudger.judge('gone', place, RECIPE)).rejects.toMatchObject({ code: 'not-found' });
    await expect(rejudger.judge('r', { ...place, iteration: 7 }, RECIPE)).rejects.toMatchObject({ code: 'not-found' });
    await expect(rejudger.judge('r', place, byHand)).rejects.toMatchObject({ code: 'bad-recipe' });
    const busy = async () => {
      throw new LabError('running-elsewhere', 'A run is running.');
    };
    const self = { ...RECIPE, judge: 'self' } as const;
    await expect(desk(store, { idle: busy }).rejudger.judge('r', place, self)).rejects.toMatchObject({
      code: 'running-elsewhere',
    });
    const { rejudger: alone, closed } = desk(store);
    await alone.judge('r', place, self);
    expect(closed).toEqual(['judge', 'policy']);
  });
});

describe('a trial', () => {
  const trial = {
    instruction: 'How much is 2 + 2?',
    responses: ['The answer is 4.', 'The answer is 5.'],
    reference: { answer: '4', check: 'number' },
  } as const;
  let store: MemoryStore;
  beforeEach(() => {
    store = new MemoryStore();
  });

  it('says what the judge makes of both, and of the control rows', async () => {
    const { trials, closed, events } = desk(store);
    const result = await trials.take(RECIPE, trial);
    expect(result).toMatchObject({ judge: 'other', scores: [1, 0], detail: 'number: 1 of 2 right', seconds: 1 });
    expect(result.controls.length).toBeGreaterThan(0);
    expect(closed).toEqual(['judge']);
    expect(events.at(-1)).toEqual({ type: 'judge', state: null });
    expect(store.records.size).toBe(0);
  });

  it('tells how long a question took, by its control rows', async () => {
    const { trials, times } = desk(store);
    await trials.take({ ...RECIPE, judge: 'remote', judgeMethod: 'comparison' }, trial);
    await trials.take({ ...RECIPE, judge: 'onnx' }, trial);
    await trials.take(RECIPE, trial);
    // A second for twelve comparisons, and for seven responses; the rule is asked nothing.
    expect(times).toEqual([1 / 12, 1 / 7]);
  });

  it('can be cancelled, and makes way for another', async () => {
    let asked = 0;
    const silent: Judge = {
      score: (request) => (asked++ === 0 ? new Promise(() => {}) : ruleJudge.score(request)),
    };
    const { trials, closed } = desk(store, { judge: silent });
    const first = trials.take(RECIPE, trial);
    const given = expect(first).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => asked).toBe(1);
    expect(await trials.take(RECIPE, trial)).toMatchObject({ scores: [1, 0] });
    await given;
    asked = 0;
    const third = expect(trials.take(RECIPE, trial)).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => asked).toBe(1);
    await trials.cancel();
    await third;
    expect(closed).toEqual(['judge', 'judge', 'judge']);
  });

  it('of the model itself makes a policy, and closes it', async () => {
    const { trials, closed, events } = desk(store);
    await trials.take({ ...RECIPE, judge: 'self' }, trial);
    expect(closed).toEqual(['judge', 'policy']);
    expect(events[0]).toMatchObject({ type: 'judge', state: { judge: 'self' } });
  });

  it('checks by every rule that it is given', async () => {
    const checks = [{ check: 'length', answer: '-3 words', weight: 3 }] as const;
    const { scores, detail } = await desk(store).trials.take(RECIPE, { ...trial, checks });
    expect([scores, detail]).toEqual([[0.25, 0], 'number, length: 0 of 2 right']);
    const alone = { ...trial, reference: null, checks: [{ ...checks[0], answer: '4 words' }] };
    expect((await desk(store).trials.take(RECIPE, alone)).scores).toEqual([1, 1]);
  });

  it('of a panel says what each member gave', async () => {
    const members = [{ judge: 'rule', weight: 1, scores: [1, 0] }];
    const panel: Judge = { relative: true, score: async () => ({ scores: [1, -1], detail: '', members }) };
    expect(await desk(store, { judge: panel }).trials.take(RECIPE, trial)).toMatchObject({ members });
  });

  it('is cancelled between two tensors of the policy', async () => {
    const { promise, resolve } = gate();
    const { trials, closed } = desk(store, { loading: () => promise });
    const taken = expect(trials.take({ ...RECIPE, judge: 'self' }, trial)).rejects.toMatchObject({
      code: 'cancelled',
    });
    const cancelled = trials.cancel();
    resolve();
    await Promise.all([taken, cancelled]);
    // Neither was ever there.
    expect(closed).toEqual([]);
  });

  it('is cancelled at once while its judge is opened, which is closed when it comes', async () => {
    const { promise, resolve } = gate();
    let opening = 0;
    const { trials, closed } = desk(store, {
      opening: () => {
        opening++;
        return promise;
      },
    });
    const taken = expect(trials.take(RECIPE, trial)).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => opening).toBe(1);
    await trials.cancel();
    await taken;
    expect(closed).toEqual([]);
    resolve();
    await expect.poll(() => closed).toEqual(['judge']);
  });

  it('makes way for a run', async () => {
    const { trials, giveWay, closed } = desk(store, { judge: { score: () => new Promise(() => {}) } });
    const taken = expect(trials.take({ ...RECIPE, judge: 'self' }, trial)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await giveWay();
    await taken;
    expect(closed).not.toContain('policy');
  });

  it('has no person', async () => {
    await expect(desk(store).trials.take(byHand, trial)).rejects.toMatchObject({ code: 'bad-recipe' });
  });
});

describe('a pair changed by hand', { timeout: 60_000 }, () => {
  it('is a pair of two candidates of its prompt, and can be taken back', async () => {
    const store = await done();
    const { pairs } = desk(store);
    const own = { ...place, position: 0 };
    const rollout = at(await store.rollouts('r', { purpose: 'train', ...place }), 0);
    const other = rollout.candidates.findIndex(({ text }) => text !== rollout.candidates[0]?.text);
    const pair = { chosen: 0, rejected: other };
    expect(await pairs.edit('r', own, pair)).toEqual({ ...own, pair, late: true });
    expect(await pairs.edits('r')).toEqual([{ ...own, pair, late: true }]);
    expect(await pairs.edit('r', own, 'excluded')).toEqual({ ...own, pair: 'excluded', late: true });
    expect(await pairs.edit('r', own, null)).toBeNull();
    expect(await pairs.edits('r')).toEqual([]);
    for (const wrong of [
      { chosen: 0, rejected: 0 },
      { chosen: 0, rejected: 99 },
    ]) {
      await expect(pairs.edit('r', own, wrong)).rejects.toMatchObject({ code: 'not-found' });
    }
    await expect(pairs.edit('r', { ...own, position: 77 }, 'excluded')).rejects.toMatchObject({ code: 'not-found' });
  });
});
