import { beforeEach, describe, expect, it } from 'vitest';
import { humanJudge } from '../../judges/human';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import type { LabEvent } from '../../records/events';
import { Loop } from '../../tpo/loop';
import { finish, LoopFixture, openJudge, RECIPE } from '../../tpo/testing/loop-fixture';
import { MemoryStore } from '../../tpo/testing/memory-store';
import { ScriptedPolicy } from '../../tpo/testing/scripted-policy';
import { judgingService } from './service';

const byHand = { ...RECIPE, judge: 'human', evaluationJudge: 'rule' } as const;
const place = { iteration: 1, arm: 'thinking' } as const;

interface Setting {
  readonly judge?: Judge;
  readonly idle?: () => Promise<void>;
  /** Awaited while the policy is loaded, between two tensors. */
  readonly loading?: () => Promise<void>;
  /** Awaited while the judge is opened. */
  readonly opening?: () => Promise<void>;
  /** Milliseconds between two readings of the clock. */
  readonly tick?: number;
}

const nothing = async () => {};

/** A promise and the function that resolves it. */
function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function service(
  store: MemoryStore,
  { judge = ruleJudge, idle = nothing, loading = nothing, opening = nothing, tick = 1000 }: Setting = {},
) {
  const events: LabEvent[] = [];
  const voted: string[] = [];
  const closed: string[] = [];
  const times: number[] = [];
  let now = 0;
  let giveWay = async (): Promise<unknown> => undefined;
  const handlers = judgingService({
    store,
    lock: { holder: async () => null },
    feed: { emit: (event) => events.push(event), emitHere: (event) => events.push(event) },
    tasks: {
      add: (_task, cancel) => {
        giveWay = cancel;
      },
      begin: idle,
    },
    judgeTimes: { get: async () => ({ put: (_recipe, seconds) => void times.push(seconds) }) },
    openPolicy: async (_recipe, { onProgress, signal }) => {
      onProgress({ phase: 'load', done: 1, total: 2 });
      await loading();
      signal.throwIfAborted();
      onProgress({ phase: 'load', done: 2, total: 2 });
      const policy = new ScriptedPolicy();
      policy.dispose = () => void closed.push('policy');
      return policy;
    },
    openJudge: async () => {
      await opening();
      return { ...openJudge(judge), name: 'other', dispose: () => void closed.push('judge') };
    },
    voted: (runId) => voted.push(runId),
    now: () => (now += tick),
  });
  return { ...handlers, giveWay: () => giveWay(), events, voted, closed, times };
}

/** A run that waits for a person's votes. */
async function waiting() {
  const fixture = new LoopFixture(byHand);
  const store = await fixture.newStore();
  const loop = await Loop.open(fixture.setup(store, {}, humanJudge, ruleJudge).parts);
  while ((await loop.step()) === 'stored');
  return { store, loop };
}

/** A finished run. */
async function done() {
  const fixture = new LoopFixture(RECIPE);
  const store = await fixture.newStore();
  await finish(fixture.setup(store));
  return store;
}

describe('ballots', { timeout: 60_000 }, () => {
  it('are in the run’s order, with shuffled and anonymous responses, and are counted as votes come in', async () => {
    const { store, loop } = await waiting();
    const { ballots, vote, undoVote, events, voted } = service(store);
    const asked = await ballots('r');
    expect(asked.done).toBe(0);
    expect(asked.total).toBe(asked.waiting.length);
    expect(asked.total).toBeGreaterThan(2);
    for (const { responses } of asked.waiting) {
      expect(new Set(responses.map(({ text }) => text)).size).toBe(responses.length);
      expect(responses.length).toBeGreaterThan(1);
    }
    const orders = asked.waiting.map(({ responses }) => responses.map(({ candidate }) => candidate));
    expect(orders.some((order) => order.some((candidate, i) => candidate < at(order, Math.max(0, i - 1))))).toBe(true);
    // The order is the same after a reload.
    expect(await service(store).ballots('r')).toEqual(asked);

    const first = at(asked.waiting, 0);
    const [best, worst] = [at(first.responses, 0).candidate, at(first.responses, 1).candidate];
    await vote('r', first.id, { best, worst });
    expect(voted).toEqual(['r']);
    expect(events.at(-1)).toEqual({ type: 'ballots', runId: 'r', waiting: asked.total - 1 });
    expect(await ballots('r')).toMatchObject({ done: 1, total: asked.total });
    expect(await loop.step()).toBe('waiting');
    expect(await undoVote('r')).toEqual(first);
    expect(await undoVote('r')).toBeNull();
    expect(await ballots('r')).toEqual(asked);
  });

  it('are used once the last vote of an iteration is cast, and cannot be taken back then', async () => {
    const { store, loop } = await waiting();
    const { ballots, vote, undoVote } = service(store);
    const { waiting: asked } = await ballots('r');
    const own = asked.filter(({ arm }) => arm === 'thinking');
    for (const { id } of own) await vote('r', id, 'tie');
    await loop.step();
    expect((await ballots('r')).waiting.every(({ arm }) => arm === 'direct')).toBe(true);
    while ((await store.rollouts('r', { purpose: 'train', ...place })).some(({ judgement }) => judgement === null))
      await loop.step();
    await expect(vote('r', at(own, 0).id, 'skip')).rejects.toMatchObject({ code: 'not-found' });
    expect(await undoVote('r')).toBeNull();
    expect((await store.votes('r')).length).toBe(own.length);
  });

  it('refuse a vote for a response that is not on them', async () => {
    const { store } = await waiting();
    const { ballots, vote } = service(store);
    const first = at((await ballots('r')).waiting, 0);
    const [a, b] = first.responses;
    await expect(vote('r', first.id, { best: 99, worst: a?.candidate ?? 0 })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(vote('r', first.id, { best: b?.candidate ?? 0, worst: b?.candidate ?? 0 })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(vote('r', '9/thinking/9', 'tie')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ballots('gone')).rejects.toMatchObject({ code: 'not-found' });
    expect(await store.votes('r')).toEqual([]);
  });

  it('are empty if no person judges', async () => {
    const store = await done();
    expect(await service(store).ballots('r')).toEqual({ waiting: [], done: 0, total: 0 });
  });
});

describe('another judge', { timeout: 60_000 }, () => {
  const longest: Judge = {
    score: async ({ responses }) => ({ scores: responses.map((text) => text.length), detail: 'long' }),
  };

  it('with the same scores makes the same pairs, and overwrites nothing', async () => {
    const store = await done();
    const before = new Map(store.records);
    const { rejudge, events, closed } = service(store);
    const made = await rejudge('r', place, RECIPE);
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

  it('with other scores makes other pairs', async () => {
    const store = await done();
    const made = await service(store, { judge: longest }).rejudge('r', place, { ...RECIPE, judge: 'onnx' });
    expect(await store.rejudgedPairs('r', made.id)).toHaveLength(4);
    for (const { position, scores, pair } of await store.rejudgedPairs('r', made.id)) {
      expect(await store.rejudgedJudgement('r', made.id, position)).toMatchObject({ judge: 'other', detail: 'long' });
      if ('none' in pair) continue;
      expect(scores[pair.chosen]).toBe(Math.max(...scores.flatMap((score) => score ?? [])));
    }
  });

  it('judges prompts that the run’s own judge has not judged yet', async () => {
    const { store } = await waiting();
    const own = await store.rollouts('r', { purpose: 'train', ...place });
    expect(own.every(({ judgement, pair }) => judgement === null && pair === null)).toBe(true);
    const made = await service(store).rejudge('r', place, RECIPE);
    expect(made).toMatchObject({ done: own.length, total: own.length, facts: { judge: 'other' } });
    const pairs = await store.rejudgedPairs('r', made.id);
    expect(pairs.map(({ position }) => position)).toEqual(own.map(({ position }) => position));
    expect(pairs.some(({ pair }) => 'chosen' in pair)).toBe(true);
    expect(await store.rollouts('r', { purpose: 'train', ...place })).toEqual(own);
  });

  it('stores each prompt once, while it works', async () => {
    const store = await done();
    store.writes = 0;
    const made = await service(store, { tick: 3000 }).rejudge('r', place, RECIPE);
    // Each prompt is written once. The head is written every few seconds and at the end.
    const heads = store.writes - 4;
    expect(heads).toBeGreaterThan(1);
    expect(await store.rejudgedPairs('r', made.id)).toHaveLength(4);
  });

  it('gets the same warnings as the run’s own judge', async () => {
    const store = await done();
    const constant: Judge = { score: async ({ responses }) => ({ scores: responses.map(() => 5), detail: '' }) };
    const { warnings } = await service(store, { judge: constant }).rejudge('r', place, {
      ...RECIPE,
      judge: 'onnx',
    });
    expect(warnings).toMatchObject([
      { code: 'judge-fails-controls', advice: expect.stringContaining('choose the rule'), field: 'judge' },
    ]);
  });

  it('uses the run’s length control and share of malformed pairs', async () => {
    const controlled = { ...RECIPE, rho: 0.5, malformedShare: 0 };
    const fixture = new LoopFixture(controlled);
    const store = await fixture.newStore();
    await finish(fixture.setup(store));
    const made = await service(store).rejudge('r', place, { ...controlled, rho: 0, malformedShare: 1 });
    const own = await store.rollouts('r', { purpose: 'train', ...place });
    expect((await store.rejudgedPairs('r', made.id)).map(({ pair }) => pair)).toEqual(own.map(({ pair }) => pair));
  });

  it('keeps its results when it is cancelled or fails', async () => {
    const store = await done();
    let calls = 0;
    const slow: Judge = {
      score: async (request) => {
        if (++calls > 1) await new Promise(() => {});
        return longest.score(request);
      },
    };
    const { rejudge, cancelRejudge, closed } = service(store, { judge: slow });
    const judged = rejudge('r', place, { ...RECIPE, controls: 0 });
    await expect.poll(() => calls).toBe(2);
    await expect(rejudge('r', place, RECIPE)).rejects.toMatchObject({ code: 'running-elsewhere' });
    await cancelRejudge();
    expect(await judged).toMatchObject({ done: 1, total: 4 });
    expect(closed).toEqual(['judge']);

    const failing: Judge = {
      score: (request) =>
        request.instruction.includes('3') ? Promise.reject(new Error('gone')) : longest.score(request),
    };
    const failed = service(store, { judge: failing }).rejudge('r', { ...place, arm: 'direct' }, RECIPE);
    await expect(failed).rejects.toMatchObject({ code: 'judge-failed' });
    const kept = await store.rejudgements('r');
    expect(kept.map(({ total }) => total)).toContain(4);
    for (const { id, done } of kept) expect(await store.rejudgedPairs('r', id)).toHaveLength(done);
  });

  it('is cancelled by a run if it has a policy, and continues if it has none', async () => {
    const store = await done();
    let calls = 0;
    const { promise, resolve } = gate();
    const slow: Judge = {
      score: async (request) => {
        if (++calls > 1) await promise;
        return longest.score(request);
      },
    };
    const own = service(store, { judge: slow });
    const judged = own.rejudge('r', place, { ...RECIPE, judge: 'self', controls: 0 });
    await expect.poll(() => calls).toBe(2);
    await own.giveWay();
    expect(own.closed).toEqual(['judge', 'policy']);
    expect(await judged).toMatchObject({ done: 1, total: 4 });

    calls = 0;
    const other = service(store, { judge: slow });
    const whole = other.rejudge('r', place, { ...RECIPE, controls: 0 });
    await expect.poll(() => calls).toBe(2);
    await other.giveWay();
    expect(other.closed).toEqual([]);
    resolve();
    expect(await whole).toMatchObject({ done: 4, total: 4 });
  });

  it('is refused if the run, the iteration or the judge cannot be used', async () => {
    const store = await done();
    const { rejudge } = service(store);
    await expect(rejudge('gone', place, RECIPE)).rejects.toMatchObject({ code: 'not-found' });
    await expect(rejudge('r', { ...place, iteration: 7 }, RECIPE)).rejects.toMatchObject({ code: 'not-found' });
    await expect(rejudge('r', place, byHand)).rejects.toMatchObject({ code: 'bad-recipe' });
    const busy = async () => {
      throw new LabError('running-elsewhere', 'A run is running.');
    };
    const self = { ...RECIPE, judge: 'self' } as const;
    await expect(service(store, { idle: busy }).rejudge('r', place, self)).rejects.toMatchObject({
      code: 'running-elsewhere',
    });
    const alone = service(store);
    await alone.rejudge('r', place, self);
    expect(alone.closed).toEqual(['judge', 'policy']);
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

  it('reports the scores of both responses and the control rows', async () => {
    const { tryJudge, closed, events } = service(store);
    const result = await tryJudge(RECIPE, trial);
    expect(result).toMatchObject({ judge: 'other', scores: [1, 0], detail: 'number: 1 of 2 right', seconds: 1 });
    expect(result.controls.length).toBeGreaterThan(0);
    expect(closed).toEqual(['judge']);
    expect(events.at(-1)).toEqual({ type: 'judge', state: null });
    expect(store.records.size).toBe(0);
  });

  it('measures the time of a question with the control rows', async () => {
    const { tryJudge, times } = service(store);
    const remote = { judge: 'remote', remoteUrl: 'http://localhost:8080/v1', remoteModel: 'a' } as const;
    await tryJudge({ ...RECIPE, ...remote, judgeMethod: 'comparison' }, trial);
    await tryJudge({ ...RECIPE, judge: 'onnx' }, trial);
    await tryJudge(RECIPE, trial);
    // One second for twelve comparisons, and one for seven responses. The rule judge is asked nothing.
    expect(times).toEqual([1 / 12, 1 / 7]);
  });

  it('can be cancelled, and is cancelled by another trial', async () => {
    let asked = 0;
    const silent: Judge = {
      score: (request) => (asked++ === 0 ? new Promise(() => {}) : ruleJudge.score(request)),
    };
    const { tryJudge, cancelTrial, closed } = service(store, { judge: silent });
    const first = tryJudge(RECIPE, trial);
    const given = expect(first).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => asked).toBe(1);
    expect(await tryJudge(RECIPE, trial)).toMatchObject({ scores: [1, 0] });
    await given;
    asked = 0;
    const third = expect(tryJudge(RECIPE, trial)).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => asked).toBe(1);
    await cancelTrial();
    await third;
    expect(closed).toEqual(['judge', 'judge', 'judge']);
  });

  it('of the model itself opens a policy and closes it', async () => {
    const { tryJudge, closed, events } = service(store);
    await tryJudge({ ...RECIPE, judge: 'self' }, trial);
    expect(closed).toEqual(['judge', 'policy']);
    expect(events[0]).toMatchObject({ type: 'judge', state: { judge: 'self' } });
  });

  it('applies every check that it is given', async () => {
    const checks = [{ check: 'length', answer: '-3 words', weight: 3 }] as const;
    const { scores, detail } = await service(store).tryJudge(RECIPE, { ...trial, checks });
    expect([scores, detail]).toEqual([[0.25, 0], 'number, length: 0 of 2 right']);
    const alone = { ...trial, reference: null, checks: [{ ...checks[0], answer: '4 words' }] };
    expect((await service(store).tryJudge(RECIPE, alone)).scores).toEqual([1, 1]);
  });

  it('of a panel reports the scores of each member', async () => {
    const members = [{ judge: 'rule', weight: 1, scores: [1, 0] }];
    const panel: Judge = { relative: true, score: async () => ({ scores: [1, -1], detail: '', members }) };
    expect(await service(store, { judge: panel }).tryJudge(RECIPE, trial)).toMatchObject({ members });
  });

  it('is cancelled between two tensors of the policy', async () => {
    const { promise, resolve } = gate();
    const { tryJudge, cancelTrial, closed } = service(store, { loading: () => promise });
    const taken = expect(tryJudge({ ...RECIPE, judge: 'self' }, trial)).rejects.toMatchObject({
      code: 'cancelled',
    });
    const cancelled = cancelTrial();
    resolve();
    await Promise.all([taken, cancelled]);
    // Neither of the two was ever opened.
    expect(closed).toEqual([]);
  });

  it('is cancelled at once while its judge is being opened, and closes that judge later', async () => {
    const { promise, resolve } = gate();
    let opening = 0;
    const { tryJudge, cancelTrial, closed } = service(store, {
      opening: () => {
        opening++;
        return promise;
      },
    });
    const taken = expect(tryJudge(RECIPE, trial)).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => opening).toBe(1);
    await cancelTrial();
    await taken;
    expect(closed).toEqual([]);
    resolve();
    await expect.poll(() => closed).toEqual(['judge']);
  });

  it('is cancelled by a run', async () => {
    const { tryJudge, giveWay, closed } = service(store, { judge: { score: () => new Promise(() => {}) } });
    const taken = expect(tryJudge({ ...RECIPE, judge: 'self' }, trial)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await giveWay();
    await taken;
    expect(closed).not.toContain('policy');
  });

  it('refuses a person as the judge', async () => {
    await expect(service(store).tryJudge(byHand, trial)).rejects.toMatchObject({ code: 'bad-recipe' });
  });
});

describe('a pair changed by hand', { timeout: 60_000 }, () => {
  it('has two different candidates of its prompt, and can be undone', async () => {
    const store = await done();
    const { editPair, pairEdits } = service(store);
    const own = { ...place, position: 0 };
    const rollout = at(await store.rollouts('r', { purpose: 'train', ...place }), 0);
    const other = rollout.candidates.findIndex(({ text }) => text !== rollout.candidates[0]?.text);
    const pair = { chosen: 0, rejected: other };
    expect(await editPair('r', own, pair)).toEqual({ ...own, pair, late: true });
    expect(await pairEdits('r')).toEqual([{ ...own, pair, late: true }]);
    expect(await editPair('r', own, 'excluded')).toEqual({ ...own, pair: 'excluded', late: true });
    expect(await editPair('r', own, null)).toBeNull();
    expect(await pairEdits('r')).toEqual([]);
    for (const wrong of [
      { chosen: 0, rejected: 0 },
      { chosen: 0, rejected: 99 },
    ]) {
      await expect(editPair('r', own, wrong)).rejects.toMatchObject({ code: 'not-found' });
    }
    await expect(editPair('r', { ...own, position: 77 }, 'excluded')).rejects.toMatchObject({ code: 'not-found' });
  });
});
