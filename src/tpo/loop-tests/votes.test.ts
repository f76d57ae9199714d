/** A person as the judge: when the loop waits for votes, and how they are used. */

import { describe, expect, it } from 'vitest';
import { humanJudge } from '../../judges/human';
import { ruleJudge } from '../../judges/rule';
import type { Vote } from '../../records/judgements';
import { ballotOf, isOnBallot } from '../judging/votes';
import { Loop } from '../loop';
import { LoopFixture, type LoopSetup, RECIPE as recipe, recordsOf } from '../testing/loop-fixture';
import type { MemoryStore } from '../testing/memory-store';
import type { Script } from '../testing/scripted-policy';

const fixture = new LoopFixture(recipe);

/** Casts a vote on every ballot that waits. Returns the number of votes. */
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
  const setup = (store: MemoryStore, script?: Script) => fixture.setup(store, script, humanJudge, ruleJudge);

  async function finishVoting(its: LoopSetup, ahead = true): Promise<number> {
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
    const store = await fixture.newStore();
    await finishVoting(setup(store));
    return store;
  }

  it('is needed once everything else is generated, and decides the pairs', async () => {
    const store = await fixture.newStore();
    const { parts, policy, events } = setup(store);
    const loop = await Loop.open(parts);
    let outcome = await loop.step();
    while (outcome === 'stored') outcome = await loop.step();
    expect(outcome).toBe('waiting');
    // The held-out prompts of the seed models, and the first training prompts of both arms.
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
    const store = await fixture.newStore();
    const loop = await Loop.open(setup(store).parts);
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

  it('ends with the same records when killed at any write and resumed', async () => {
    const expected = await whole();
    for (let kill = 0; kill < expected.writes; kill++) {
      const store = await fixture.newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finishVoting(setup(store)), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await finishVoting(setup(store));
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(expected));
    }
  });

  it('ends with the same records when paused after each unit, and with prompts in any order', async () => {
    const expected = await whole();
    const store = await fixture.newStore();
    await finishVoting(setup(store), false);
    expect(recordsOf(store)).toEqual(recordsOf(expected));
    const other = await fixture.newStore();
    await finishVoting(setup(other, { order: (positions) => [...positions].reverse(), pace: 3 }));
    expect(recordsOf(other)).toEqual(recordsOf(expected));
  });

  it('ends with the same records when votes are cast while the other arm is generated', async () => {
    const expected = await whole();
    const store = await fixture.newStore();
    const { parts, policy } = setup(store);
    const loop = await Loop.open(parts);
    for (;;) {
      const outcome = await loop.step();
      if (outcome === 'finished') break;
      const generatedLast = policy.generated.at(-1)?.arm;
      const onBallot = (await store.rollouts('r', { purpose: 'train' })).filter(isOnBallot);
      if (outcome === 'waiting' || onBallot.some(({ arm }) => arm !== generatedLast)) await voteAll(store);
    }
    expect(recordsOf(store)).toEqual(recordsOf(expected));
  });
});
