/** The judges of a run: when they are asked, about what, and how an interruption affects it. */
import { describe, expect, it } from 'vitest';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { Loop } from '../loop';
import { finish, LoopFixture, openJudge, RECIPE as recipe, recordsOf } from '../testing/loop-fixture';
import type { MemoryStore } from '../testing/memory-store';
import type { Script } from '../testing/scripted-policy';

const fixture = new LoopFixture(recipe);

describe('a judge that needs the policy idle', { timeout: 120_000 }, () => {
  const idle = { ...openJudge(ruleJudge), pace: 'policy-idle' } as const;
  const setup = (store: MemoryStore, script?: Script) => fixture.setup(store, script, idle);

  it('ends with the same records as one that is asked at once', async () => {
    const whole = await fixture.uninterrupted();
    const store = await fixture.newStore();
    await finish(setup(store));
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
  });

  it('is asked while nothing is generated; rollouts that wait for it are stored', async () => {
    let writing = 0;
    const asked: number[] = [];
    const judge: Judge = {
      ...idle,
      score: (request) => {
        asked.push(writing);
        return ruleJudge.score(request);
      },
    };
    const store = await fixture.newStore();
    const its = fixture.setup(store, {}, judge);
    const generate = its.policy.generate.bind(its.policy);
    its.policy.generate = async (...args) => {
      writing++;
      return generate(...args).finally(() => writing--);
    };
    const loop = await Loop.open(its.parts);
    const unjudged: number[] = [];
    for (let units = 0; units < 4; units++) {
      await loop.step();
      const rollouts = await store.rollouts('r', { purpose: 'evaluate', iteration: 0, arm: 'thinking' });
      unjudged.push(rollouts.filter(({ judgement }) => judgement === null).length);
    }
    // Two held-out prompts: both are generated, then both are judged.
    expect(unjudged).toEqual([1, 2, 1, 0]);
    while ((await loop.step()) !== 'finished');
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.every((count) => count === 0)).toBe(true);
  });

  it('ends with the same records when killed at any write and resumed', async () => {
    const store = await fixture.newStore();
    await finish(setup(store));
    for (let kill = 0; kill < store.writes; kill++) {
      const other = await fixture.newStore();
      other.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finish(setup(other)), `write ${kill}`).rejects.toThrow('killed');
      other.beforeWrite = () => {};
      await finish(setup(other));
      expect(recordsOf(other), `killed at write ${kill}`).toEqual(recordsOf(store));
    }
  });

  it('is asked again after it failed', async () => {
    const whole = await fixture.uninterrupted();
    let calls = 0;
    const flaky: Judge = {
      ...idle,
      score: (request) => (calls++ % 3 === 1 ? Promise.reject(new Error('gone')) : ruleJudge.score(request)),
    };
    const store = await fixture.newStore();
    const loop = await Loop.open(fixture.setup(store, {}, flaky).parts);
    let failures = 0;
    for (;;) {
      const outcome = await loop.step().catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'judge-failed' });
        return 'failed';
      });
      if (outcome === 'finished') break;
      if (outcome === 'failed') failures++;
    }
    expect(failures).toBeGreaterThan(5);
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
  });
});

describe('control rows', () => {
  it('go with evenly spaced prompts, and into the facts about the judge', async () => {
    const two = new LoopFixture({ ...recipe, controls: 2 });
    const { store } = await two.uninterrupted();
    const rollouts = await store.rollouts('r', { purpose: 'train', iteration: 1, arm: 'thinking' });
    const tested = rollouts
      .filter(({ judgement }) => (judgement?.controls.length ?? 0) > 0)
      .map(({ position }) => position);
    expect(tested.length).toBeGreaterThan(0);
    expect(tested.every((position) => position === 1 || position === 3)).toBe(true);
    expect((await store.detail('r'))?.iterations.every(({ judge }) => judge?.judge === 'rule')).toBe(true);
    const held = await store.rollouts('r', { purpose: 'evaluate' });
    expect(held.every(({ judgement }) => judgement?.controls.length === 0)).toBe(true);
  });
});

describe('the facts about the judge', () => {
  it('are emitted while its iteration is under way', async () => {
    const store = await fixture.newStore();
    const its = fixture.setup(store);
    const loop = await Loop.open(its.parts);
    while (!its.events.some(({ type }) => type === 'judge-facts')) expect(await loop.step()).toBe('stored');
    expect(its.events.find(({ type }) => type === 'judge-facts')).toMatchObject({
      ...{ iteration: 1, arm: 'thinking' },
      facts: { judge: 'rule', unparsed: { count: 0 } },
    });
    expect((await store.detail('r'))?.iterations).toEqual([]);
    while ((await loop.step()) !== 'finished');
    // Time does not pass: once at the beginning, then with the last prompt of each arm iteration.
    expect(its.events.filter(({ type }) => type === 'judge-facts')).toHaveLength(1 + 4);
  });
});

describe('prompts that are in both sets', () => {
  it('are left out of the training, with one warning', async () => {
    const store = await fixture.newStore();
    for (const _ of ['first', 'resumed']) {
      const { parts } = fixture.setup(store);
      const [first] = parts.prompts;
      if (!first) throw new Error('no prompts');
      const overlapping = { ...parts, heldout: [...parts.heldout, { ...first, id: 'again' }] };
      const loop = await Loop.open(overlapping);
      while ((await store.rollouts('r', { purpose: 'train' })).length < 8) await loop.step();
    }
    const trained = await store.rollouts('r', { purpose: 'train' });
    expect(trained.map(({ prompt }) => prompt.id)).not.toContain('train-0');
    expect((await store.detail('r'))?.warnings.filter(({ code }) => code === 'held-out-prompts')).toMatchObject([
      {
        message: '1 of the 12 training prompts is also a held-out prompt, and was left out of the training.',
        field: 'heldout',
      },
    ]);
  });
});

describe('a separate judge of the evaluation', () => {
  it('scores the held-out prompts, and only those', async () => {
    const constant: Judge = { score: async ({ responses }) => ({ scores: responses.map(() => 7), detail: '' }) };
    const store = await fixture.newStore();
    const { parts } = fixture.setup(store);
    await finish({
      ...fixture.setup(store),
      parts: { ...parts, evaluationJudge: { ...openJudge(constant), name: 'seven' } },
    });
    const detail = await store.detail('r');
    expect(detail?.evaluations.every(({ judge, meanScore }) => judge === 'seven' && meanScore === 7)).toBe(true);
    expect(
      (await store.rollouts('r', { purpose: 'train' })).every(({ judgement }) => judgement?.judge === 'rule'),
    ).toBe(true);
  });

  it('is not asked for scores if it is relative', async () => {
    const shown: number[] = [];
    const score: Judge['score'] = async ({ responses }) => {
      shown.push(responses.length);
      return { scores: responses.map(() => 7), detail: '' };
    };
    const store = await fixture.newStore();
    await finish(fixture.setup(store, {}, ruleJudge, { relative: true, score }));
    // It compares two policies' samples instead.
    expect(new Set(shown)).toEqual(new Set([2]));
    const detail = await store.detail('r');
    expect(detail?.evaluations.every(({ meanScore, accuracy }) => meanScore === null && accuracy !== null)).toBe(true);
  });
});

describe('a judge that frees its memory', () => {
  it('does so once before each training, and only if it has to', async () => {
    for (const judgesMustFreeMemory of [true, false]) {
      const released: string[] = [];
      let trained = 0;
      const store = await fixture.newStore();
      const { parts, events } = fixture.setup(store, {
        before: (work) => {
          if (work === 'logps' || work === 'trainStep') released.push(`${work} ${trained++}`);
        },
      });
      const judge = { ...openJudge(ruleJudge), release: async () => void released.push('released') };
      await finish({
        ...fixture.setup(store),
        parts: { ...parts, judge, evaluationJudge: judge, judgesMustFreeMemory },
      });
      const releases = released.filter((what) => what === 'released').length;
      expect(releases).toBe(judgesMustFreeMemory ? 4 : 0);
      if (judgesMustFreeMemory) expect(released[0]).toBe('released');
      const shown = events.filter((event) => event.type === 'progress' && event.progress.phase === 'release');
      expect(shown).toHaveLength(releases);
    }
  });
});
