import { describe, expect, it } from 'vitest';
import type { Arm } from '../../recipe/recipe';
import { Loop } from '../loop';
import { editOf } from '../pairs/pair-edits';
import { finish, LoopFixture, type LoopSetup, RECIPE as recipe, recordsOf } from '../testing/loop-fixture';

const fixture = new LoopFixture(recipe);

describe('a pair that a reader changes', () => {
  const place = (arm: Arm) => ({ iteration: 1, arm, position: 0 });
  const trainedPositions = (policy: LoopSetup['policy']) => {
    const positions: number[] = [];
    const step = policy.trainStep.bind(policy);
    policy.trainStep = (arm, pairs, ...rest) => {
      positions.push(...pairs.map(({ position }) => position));
      return step(arm, pairs, ...rest);
    };
    return positions;
  };

  it('before training is trained on as it was changed, also after a kill', async () => {
    const plain = await fixture.uninterrupted();
    const [own] = await plain.store.rollouts('r', { purpose: 'train', iteration: 1, arm: 'thinking' });
    const run = async (killAt: number | null) => {
      const store = await fixture.newStore();
      await store.editPair('r', place('thinking'), (before, begun) =>
        editOf(place('thinking'), before, 'excluded', begun),
      );
      store.writes = 0;
      if (killAt !== null) {
        store.beforeWrite = (write) => {
          if (write === killAt) throw new Error('killed');
        };
        await finish(fixture.setup(store)).catch(() => {});
        store.beforeWrite = () => {};
      }
      const its = fixture.setup(store);
      const positions = trainedPositions(its.policy);
      await finish(its);
      return { store, positions };
    };
    const { store, positions } = await run(null);
    const kept = await store.rollouts('r', { purpose: 'train', iteration: 1, arm: 'thinking' });
    // The stored rollout keeps the judge's pair.
    expect(kept[0]?.pair).toEqual(own?.pair);
    expect(positions.length).toBeGreaterThan(0);
    const [summary] = (await store.detail('r'))?.iterations ?? [];
    expect(summary?.noPair.excluded).toBe(1);
    for (const kill of [10, 25, 30]) expect(recordsOf((await run(kill)).store)).toEqual(recordsOf(store));
  });

  it('while its reference is computed causes it to be computed again', async () => {
    const store = await fixture.newStore();
    let changed = false;
    const its = fixture.setup(store, {
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

  it('afterwards changes nothing that was trained', async () => {
    const whole = await fixture.uninterrupted();
    const store = await fixture.newStore();
    const loop = await Loop.open(fixture.setup(store).parts);
    while ((await store.head('r', 'thinking'))?.reference === null) await loop.step();
    const edit = await store.editPair('r', place('thinking'), (before, begun) =>
      editOf(place('thinking'), before, 'excluded', begun),
    );
    expect(edit).toMatchObject({ early: null, late: 'excluded' });
    await finish(fixture.setup(store));
    const { 'edit r 1 thinking 0': _, ...records } = recordsOf(store);
    expect(records).toEqual(recordsOf(whole.store));
  });
});
