/** Judges that cannot be asked at once: what they are asked for, and when, and what becomes of it when the run is interrupted. */
import { describe, expect, it } from 'vitest';
import { humanJudge } from '../judges/human';
import type { Judge } from '../judges/judge';
import { ruleJudge } from '../judges/rule';
import type { Arm } from '../recipe/recipe';
import type { Vote } from '../records/votes';
import { ballotOf, isOnBallot } from './judging/votes';
import { Loop } from './loop';
import { editOf } from './pairs/pair-edits';
import type { MemoryStore } from './testing/memory-store';
import type { Script } from './testing/scripted-policy';
import { finish, openJudge, RECIPE as recipe, recordsOf, type World, Worlds } from './testing/world';

const worlds = new Worlds(recipe);

describe('a judge that needs the policy idle', { timeout: 120_000 }, () => {
  const idle = { ...openJudge(ruleJudge), pace: 'policy-idle' } as const;
  const world = (store: MemoryStore, script?: Script) => worlds.world(store, script, idle);

  it('comes to the same records as one that is asked at once', async () => {
    const whole = await worlds.uninterrupted();
    const store = await worlds.newStore();
    await finish(world(store));
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
  });

  it('is asked while nothing is written, and what waits for it is stored', async () => {
    let writing = 0;
    const asked: number[] = [];
    const judge: Judge = {
      ...idle,
      score: (request) => {
        asked.push(writing);
        return ruleJudge.score(request);
      },
    };
    const store = await worlds.newStore();
    const its = worlds.world(store, {}, judge);
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
    // Two held-out prompts: both written, then both judged.
    expect(unjudged).toEqual([1, 2, 1, 0]);
    while ((await loop.step()) !== 'finished');
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.every((count) => count === 0)).toBe(true);
  });

  it('comes to the same records when killed at any write and gone on with', async () => {
    const store = await worlds.newStore();
    await finish(world(store));
    for (let kill = 0; kill < store.writes; kill++) {
      const other = await worlds.newStore();
      other.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finish(world(other)), `write ${kill}`).rejects.toThrow('killed');
      other.beforeWrite = () => {};
      await finish(world(other));
      expect(recordsOf(other), `killed at write ${kill}`).toEqual(recordsOf(store));
    }
  });

  it('tries again where it failed', async () => {
    const whole = await worlds.uninterrupted();
    let calls = 0;
    const flaky: Judge = {
      ...idle,
      score: (request) => (calls++ % 3 === 1 ? Promise.reject(new Error('gone')) : ruleJudge.score(request)),
    };
    const store = await worlds.newStore();
    const loop = await Loop.open(worlds.world(store, {}, flaky).parts);
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

/** Votes on every ballot that waits, as this person would. */
async function voteAll(store: MemoryStore, choose: (candidates: readonly number[]) => Vote = choice): Promise<number> {
  const voted = new Set(
    (await store.votes('r')).map(({ iteration, arm, position }) => `${iteration} ${arm} ${position}`),
  );
  const waiting = (await store.rollouts('r', { purpose: 'train' })).filter(isOnBallot);
  let cast = 0;
  for (const rollout of waiting) {
    const { iteration, arm, position } = rollout;
    if (voted.has(`${iteration} ${arm} ${position}`)) continue;
    const { responses } = ballotOf(rollout, recipe.seed);
    const vote = choose(responses.map(({ candidate }) => candidate));
    await store.putVote('r', { iteration, arm, position, vote, at: iteration * 100 + position });
    cast++;
  }
  return cast;
}

const choice = (candidates: readonly number[]): Vote => {
  const sorted = [...candidates].sort((a, b) => a - b);
  return { best: sorted.at(-1) ?? 0, worst: sorted[0] ?? 0 };
};

describe('a person as the judge', { timeout: 240_000 }, () => {
  const world = (store: MemoryStore, script?: Script) => worlds.world(store, script, humanJudge, ruleJudge);

  async function finishVoting(its: World, ahead = true): Promise<number> {
    const loop = await Loop.open(its.parts);
    for (let waits = 0; ; ) {
      const outcome = await loop.step(ahead);
      if (outcome === 'finished') return waits;
      if (outcome === 'waiting') {
        waits++;
        expect(await voteAll(its.store)).toBeGreaterThan(0);
      }
    }
  }

  async function whole(): Promise<MemoryStore> {
    const store = await worlds.newStore();
    await finishVoting(world(store));
    return store;
  }

  it('is waited for once everything else is written, and decides the pairs', async () => {
    const store = await worlds.newStore();
    const { parts, policy, events } = world(store);
    const loop = await Loop.open(parts);
    let outcome = await loop.step();
    while (outcome === 'stored') outcome = await loop.step();
    expect(outcome).toBe('waiting');
    // The seed models' held-out prompts, and both arms' first block.
    expect(policy.generated).toHaveLength(4 + 8);
    const rollouts = await store.rollouts('r', { purpose: 'train' });
    expect(rollouts.map(({ judgement }) => judgement)).toEqual(new Array(8).fill(null));
    const waiting = rollouts.filter(isOnBallot).length;
    expect(events.findLast(({ type }) => type === 'ballots')).toMatchObject({ runId: 'r', waiting });
    const ballots = rollouts.filter((rollout) => rollout.arm === 'thinking' && isOnBallot(rollout)).length;
    expect(events.findLast(({ type }) => type === 'progress')).toMatchObject({
      progress: { phase: 'vote', done: 0, total: ballots },
    });
    expect(await loop.step()).toBe('waiting');

    await voteAll(store);
    while (outcome !== 'finished') {
      outcome = await loop.step();
      if (outcome === 'waiting') await voteAll(store);
    }
    const judged = await store.rollouts('r', { purpose: 'train', iteration: 1, arm: 'thinking' });
    for (const { candidates, pair, judgement } of judged) {
      if (judgement?.detail !== 'chosen by hand: best and worst' || !pair || 'none' in pair) continue;
      expect(candidates[pair.chosen]?.score).toBe(1);
      expect(pair.rejectedMalformed || candidates[pair.rejected]?.score === 0).toBe(true);
    }
    expect(judged.some(({ judgement }) => judgement?.detail === 'chosen by hand: best and worst')).toBe(true);
    expect(
      (await store.rollouts('r', { purpose: 'evaluate' })).every(({ judgement }) => judgement?.judge === 'rule'),
    ).toBe(true);
  });

  it('may take a vote back until the last one is cast', async () => {
    const store = await worlds.newStore();
    const loop = await Loop.open(world(store).parts);
    while ((await loop.step()) === 'stored');
    await voteAll(store);
    const [first] = (await store.votes('r')).filter(({ arm }) => arm === 'thinking');
    if (!first) throw new Error('no vote was cast');
    await store.deleteVote('r', first);
    expect(await loop.step()).toBe('waiting');
    expect((await store.rollouts('r', { purpose: 'train' })).every(({ judgement }) => judgement === null)).toBe(true);
    await store.putVote('r', { ...first, vote: 'skip' });
    while ((await loop.step()) === 'stored');
    const [skipped] = (await store.rollouts('r', { purpose: 'train', arm: 'thinking', iteration: 1 })).filter(
      ({ position }) => position === first.position,
    );
    expect(skipped).toMatchObject({
      pair: { none: 'judge-failed' },
      judgement: { judge: 'human', detail: 'skipped by hand' },
    });
  });

  it('comes to the same records when killed at any write and gone on with', async () => {
    const expected = await whole();
    for (let kill = 0; kill < expected.writes; kill++) {
      const store = await worlds.newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finishVoting(world(store)), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await finishVoting(world(store));
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(expected));
    }
  });

  it('comes to the same records unit by unit, paused after each, and in whatever order prompts are done', async () => {
    const expected = await whole();
    const store = await worlds.newStore();
    await finishVoting(world(store), false);
    expect(recordsOf(store)).toEqual(recordsOf(expected));
    const other = await worlds.newStore();
    await finishVoting(world(other, { order: (positions) => [...positions].reverse(), pace: 3 }));
    expect(recordsOf(other)).toEqual(recordsOf(expected));
  });

  it('comes to the same records when votes come while the other arm is being written', async () => {
    const expected = await whole();
    const store = await worlds.newStore();
    const { parts, policy } = world(store);
    const loop = await Loop.open(parts);
    for (;;) {
      const outcome = await loop.step();
      if (outcome === 'finished') break;
      const behind = policy.generated.at(-1)?.arm;
      const asked = (await store.rollouts('r', { purpose: 'train' })).filter(isOnBallot);
      if (outcome === 'waiting' || asked.some(({ arm }) => arm !== behind)) await voteAll(store);
    }
    expect(recordsOf(store)).toEqual(recordsOf(expected));
  });
});

describe('control rows', () => {
  it('go with so many prompts of a block, spread evenly, and into what is kept of the judge', async () => {
    const two = new Worlds({ ...recipe, controls: 2 });
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

describe('what is known of the judge', () => {
  it('is told while its iteration is under way', async () => {
    const store = await worlds.newStore();
    const its = worlds.world(store);
    const loop = await Loop.open(its.parts);
    while (!its.events.some(({ type }) => type === 'judge-facts')) expect(await loop.step()).toBe('stored');
    expect(its.events.find(({ type }) => type === 'judge-facts')).toMatchObject({
      ...{ iteration: 1, arm: 'thinking' },
      facts: { judge: 'rule', unparsed: { count: 0 } },
    });
    expect((await store.detail('r'))?.iterations).toEqual([]);
    while ((await loop.step()) !== 'finished');
    // Time stands still: once at first, then with the last prompt of each iteration and arm.
    expect(its.events.filter(({ type }) => type === 'judge-facts')).toHaveLength(1 + 4);
  });
});

describe('prompts of both sets', () => {
  it('are left out of the training, which is said once', async () => {
    const store = await worlds.newStore();
    for (const _ of ['begun', 'gone on with']) {
      const { parts } = worlds.world(store);
      const [first] = parts.prompts;
      if (!first) throw new Error('no prompts');
      const leaking = { ...parts, heldout: [...parts.heldout, { ...first, id: 'again' }] };
      const loop = await Loop.open(leaking);
      while ((await store.rollouts('r', { purpose: 'train' })).length < 8) await loop.step();
    }
    const trained = await store.rollouts('r', { purpose: 'train' });
    expect(trained.map(({ prompt }) => prompt.id)).not.toContain('train-0');
    expect((await store.detail('r'))?.warnings.filter(({ code }) => code === 'held-out-prompts')).toMatchObject([
      {
        message: '1 of the 12 training prompts is a held-out one too, and was left out of the training.',
        field: 'heldout',
      },
    ]);
  });
});

describe('another judge of the evaluation', () => {
  it('scores the held-out prompts, and only those', async () => {
    const constant: Judge = { score: async ({ responses }) => ({ scores: responses.map(() => 7), detail: '' }) };
    const store = await worlds.newStore();
    const { parts } = worlds.world(store);
    await finish({
      ...worlds.world(store),
      parts: { ...parts, evaluationJudge: { ...openJudge(constant), name: 'seven' } },
    });
    const detail = await store.detail('r');
    expect(detail?.evaluations.every(({ judge, meanScore }) => judge === 'seven' && meanScore === 7)).toBe(true);
    expect(
      (await store.rollouts('r', { purpose: 'train' })).every(({ judgement }) => judgement?.judge === 'rule'),
    ).toBe(true);
  });

  it('is not asked for scores where they would mean nothing from prompt to prompt', async () => {
    const shown: number[] = [];
    const score: Judge['score'] = async ({ responses }) => {
      shown.push(responses.length);
      return { scores: responses.map(() => 7), detail: '' };
    };
    const store = await worlds.newStore();
    await finish(worlds.world(store, {}, ruleJudge, { relative: true, score }));
    // It compares two policies' samples instead.
    expect(new Set(shown)).toEqual(new Set([2]));
    const detail = await store.detail('r');
    expect(detail?.evaluations.every(({ meanScore, accuracy }) => meanScore === null && accuracy !== null)).toBe(true);
  });
});

describe('a judge that makes room', () => {
  it('does so once before each training, and only where it has to', async () => {
    for (const judgesYield of [true, false]) {
      const released: string[] = [];
      let trained = 0;
      const store = await worlds.newStore();
      const { parts, events } = worlds.world(store, {
        before: (work) => {
          if (work === 'logps' || work === 'trainStep') released.push(`${work} ${trained++}`);
        },
      });
      const judge = { ...openJudge(ruleJudge), release: async () => void released.push('released') };
      await finish({ ...worlds.world(store), parts: { ...parts, judge, evaluationJudge: judge, judgesYield } });
      const releases = released.filter((what) => what === 'released').length;
      expect(releases).toBe(judgesYield ? 4 : 0);
      if (judgesYield) expect(released[0]).toBe('released');
      const shown = events.filter((event) => event.type === 'progress' && event.progress.phase === 'release');
      expect(shown).toHaveLength(releases);
    }
  });
});

describe('a pair that a reader changes', () => {
  const place = (arm: Arm) => ({ iteration: 1, arm, position: 0 });
  const trainedPositions = (policy: World['policy']) => {
    const positions: number[] = [];
    const step = policy.trainStep.bind(policy);
    policy.trainStep = (arm, pairs, ...rest) => {
      positions.push(...pairs.map(({ position }) => position));
      return step(arm, pairs, ...rest);
    };
    return positions;
  };

  it('before the iteration begins to train is trained on as it was changed, also after a kill', async () => {
    const plain = await worlds.uninterrupted();
    const [own] = await plain.store.rollouts('r', { purpose: 'train', iteration: 1, arm: 'thinking' });
    const run = async (killAt: number | null) => {
      const store = await worlds.newStore();
      await store.editPair('r', place('thinking'), (before, begun) =>
        editOf(place('thinking'), before, 'excluded', begun),
      );
      store.writes = 0;
      if (killAt !== null) {
        store.beforeWrite = (write) => {
          if (write === killAt) throw new Error('killed');
        };
        await finish(worlds.world(store)).catch(() => {});
        store.beforeWrite = () => {};
      }
      const its = worlds.world(store);
      const positions = trainedPositions(its.policy);
      await finish(its);
      return { store, positions };
    };
    const { store, positions } = await run(null);
    const kept = await store.rollouts('r', { purpose: 'train', iteration: 1, arm: 'thinking' });
    // What the judge made of it stays.
    expect(kept[0]?.pair).toEqual(own?.pair);
    expect(positions.length).toBeGreaterThan(0);
    const [summary] = (await store.detail('r'))?.iterations ?? [];
    expect(summary?.noPair.excluded).toBe(1);
    for (const kill of [10, 25, 30]) expect(recordsOf((await run(kill)).store)).toEqual(recordsOf(store));
  });

  it('while its reference is computed begins the reference again', async () => {
    const store = await worlds.newStore();
    let changed = false;
    const its = worlds.world(store, {
      before: async (work, arm) => {
        if (work !== 'logps' || arm !== 'thinking' || changed) return;
        changed = true;
        const [paired] = (await store.rollouts('r', { purpose: 'train', iteration: 1, arm })).filter(
          ({ pair }) => pair && 'chosen' in pair,
        );
        const at = { iteration: 1, arm, position: paired?.position ?? 0 };
        await store.editPair('r', at, (before, begun) => {
          expect(begun).toBe(false);
          return editOf(at, before, 'excluded', begun);
        });
      },
    });
    await finish(its);
    expect(changed).toBe(true);
    const summary = (await store.detail('r'))?.iterations.find(
      ({ iteration, arm }) => iteration === 1 && arm === 'thinking',
    );
    expect(summary?.noPair.excluded).toBe(1);
    const steps = (await store.detail('r'))?.steps.filter(
      ({ iteration, arm }) => iteration === 1 && arm === 'thinking',
    );
    expect(steps).toHaveLength(recipe.epochs * Math.ceil((summary?.pairs ?? 0) / recipe.pairsPerStep));
  });

  it('afterwards changes nothing that was learnt', async () => {
    const whole = await worlds.uninterrupted();
    const store = await worlds.newStore();
    const loop = await Loop.open(worlds.world(store).parts);
    while ((await store.head('r', 'thinking'))?.reference === null) await loop.step();
    const edit = await store.editPair('r', place('thinking'), (before, begun) =>
      editOf(place('thinking'), before, 'excluded', begun),
    );
    expect(edit).toMatchObject({ early: null, late: 'excluded' });
    await finish(worlds.world(store));
    const { 'edit r 1 thinking 0': _, ...records } = recordsOf(store);
    expect(records).toEqual(recordsOf(whole.store));
  });
});
