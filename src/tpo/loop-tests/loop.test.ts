import { describe, expect, it } from 'vitest';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { LabError } from '../../lib/errors';
import { Loop } from '../loop';
import { finish, LoopFixture, RECIPE as recipe, recordsOf } from '../testing/loop-fixture';

const fixture = new LoopFixture(recipe);
const setup: LoopFixture['setup'] = (...args) => fixture.setup(...args);
const newStore = () => fixture.newStore();
const uninterrupted = () => fixture.uninterrupted();

describe('the loop', { timeout: 60_000 }, () => {
  it('does every unit once and in order', async () => {
    const { store, units } = await uninterrupted();
    const detail = await store.detail('r');
    expect(detail?.evaluations.map(({ iteration, arm, prompts }) => [iteration, arm, prompts])).toEqual(
      expect.arrayContaining([0, 1, 2].flatMap((i) => ['thinking', 'direct'].map((arm) => [i, arm, 2]))),
    );
    expect(detail?.evaluations).toHaveLength(6);
    expect(detail?.iterations).toHaveLength(4);
    expect(detail?.summary.iterations).toBe(2);
    const steps = detail?.steps ?? [];
    for (const { iteration, arm, pairs, prompts, noPair } of detail?.iterations ?? []) {
      const ofArm = steps.filter((step) => step.iteration === iteration && step.arm === arm);
      expect(ofArm.map(({ step }) => step)).toEqual(ofArm.map((_, i) => i + 1));
      expect(ofArm).toHaveLength(recipe.epochs * Math.ceil(pairs / recipe.pairsPerStep));
      expect(pairs + Object.values(noPair).reduce((sum, n) => sum + n, 0)).toBe(prompts);
    }
    expect(steps.length).toBeGreaterThan(8);
    // 6 evaluations of 2 prompts, 4 × 4 training prompts, 4 references, 4 adapters, 6 closed arm iterations, and
    // steps.
    expect(units).toBe(12 + 16 + 4 + 4 + 6 + steps.length);
  });

  it('gives both arms of an iteration the same prompts, and each iteration the next block', async () => {
    const { store } = await uninterrupted();
    const ids = async (arm: 'thinking' | 'direct', iteration: number) =>
      (await store.rollouts('r', { purpose: 'train', arm, iteration })).map(({ prompt }) => prompt.id);
    expect(await ids('thinking', 1)).toEqual(await ids('direct', 1));
    expect(await ids('thinking', 2)).toEqual(await ids('direct', 2));
    expect(new Set([...(await ids('thinking', 1)), ...(await ids('thinking', 2))]).size).toBe(8);
  });

  it('ends with the same records when killed at any write and resumed', async () => {
    const whole = await uninterrupted();
    for (let kill = 0; kill < whole.writes; kill++) {
      const store = await newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finish(setup(store)), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await finish(setup(store));
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(whole.store));
    }
  });

  it('ends with the same records when interrupted after any unit and resumed', async () => {
    const whole = await uninterrupted();
    for (let units = 0; units <= whole.units; units++) {
      const store = await newStore();
      const loop = await Loop.open(setup(store).parts);
      for (let i = 0; i < units; i++) expect(await loop.step()).toBe('stored');
      await loop.interrupt();
      await finish(setup(store));
      expect(recordsOf(store), `interrupted after unit ${units}`).toEqual(recordsOf(whole.store));
    }
  });

  it('ends with the same records when paused after each unit', async () => {
    const whole = await uninterrupted();
    const store = await newStore();
    const { parts, policy } = setup(store);
    expect(await finish({ ...setup(store), parts }, false)).toBe(whole.units);
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
    // Nothing was generated twice: one prompt at a time, none ahead.
    expect(policy.generated).toHaveLength(12 + 16);
  });

  it('ends with the same records in whatever order prompts are finished', async () => {
    const whole = await uninterrupted();
    const store = await newStore();
    await finish(setup(store, { order: (positions) => [...positions].reverse(), pace: 3 }));
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
  });

  it('emits a rollout when it is generated, and again when its pair is decided', async () => {
    const store = await newStore();
    const { parts, events } = setup(store, {
      order: (positions) => [...positions.slice(1), ...positions.slice(0, 1)],
    });
    await finish({ ...setup(store), parts });
    const first = events.flatMap((event) =>
      event.type === 'rollout' &&
      event.rollout.purpose === 'train' &&
      event.rollout.iteration === 1 &&
      event.rollout.arm === 'thinking'
        ? [[event.rollout.position, event.rollout.pair !== null]]
        : [],
    );
    const open = [1, 2, 3].map((position) => [position, false]);
    expect(first).toEqual([...open, ...[0, 1, 2, 3].map((position) => [position, true])]);
  });

  it('waits for a judge that fails, and loses nothing', async () => {
    const whole = await uninterrupted();
    let calls = 0;
    const flaky: Judge = {
      score: (request) => (calls++ % 3 === 1 ? Promise.reject(new TypeError('no network')) : ruleJudge.score(request)),
    };
    const store = await newStore();
    const { parts, policy } = setup(store, {}, flaky);
    const loop = await Loop.open(parts);
    let failures = 0;
    for (;;) {
      try {
        if ((await loop.step()) === 'finished') break;
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
        expect(error).toMatchObject({ code: 'judge-failed', message: 'The judge failed: no network.' });
        failures++;
        if (failures % 2 === 0) await loop.interrupt();
      }
    }
    expect(failures).toBeGreaterThan(5);
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
    expect(policy.generated.length).toBeGreaterThanOrEqual(28);
  });

  it('resumes from the last commit when the device is lost in any piece of work', async () => {
    const whole = await uninterrupted();
    for (const work of ['generate', 'logps', 'trainStep', 'state'] as const) {
      const store = await newStore();
      let calls = 0;
      const before = (now: string) => {
        if (now === work && ++calls % 4 === 3) throw new LabError('device-lost', 'gone');
      };
      for (let opened = 0; opened < 100; opened++) {
        try {
          await finish(setup(store, { before }));
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'device-lost' });
        }
      }
      expect(calls).toBeGreaterThan(2);
      expect(recordsOf(store), work).toEqual(recordsOf(whole.store));
    }
  });
});

describe('an imported adapter', () => {
  const imported = () => Float32Array.of(0.1, -0.2, 0.3, -0.4, 0.5, -0.6);

  it('is what the thinking arm begins with', async () => {
    const store = await newStore();
    await Loop.open(setup(store, { imported }).parts);
    expect((await store.head('r', 'thinking'))?.state).toEqual({ weights: imported(), m: null, v: null, step: 0 });
    const fresh = await newStore();
    await Loop.open(setup(fresh).parts);
    expect(await store.head('r', 'direct')).toEqual(await fresh.head('r', 'direct'));
    expect(await store.head('r', 'thinking')).not.toEqual(await fresh.head('r', 'thinking'));
  });

  it('is not needed again when the run is resumed', async () => {
    const whole = await newStore();
    await finish(setup(whole, { imported }));
    const store = await newStore();
    const loop = await Loop.open(setup(store, { imported }).parts);
    for (let units = 0; units < 9; units++) await loop.step(false);
    const gone = () => {
      throw new LabError('not-found', 'deleted');
    };
    await finish(setup(store, { imported: gone }));
    expect(recordsOf(store)).toEqual(recordsOf(whole));
  });
});
