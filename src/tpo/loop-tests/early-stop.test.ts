import { describe, expect, it } from 'vitest';
import type { Judge } from '../../judges/judge';
import { bothOrders, detailOf, finish, LoopFixture, RECIPE, recordsOf } from '../testing/loop-fixture';
import type { MemoryStore } from '../testing/memory-store';

describe('an early stop', { timeout: 120_000 }, () => {
  const fixtureOf = (seed: number, arms = RECIPE.arms, earlyStop = true) =>
    new LoopFixture({ ...RECIPE, seed, arms, iterations: 5, earlyStop, evaluationSamples: 4 });
  const iterationsOf = async (store: MemoryStore, arm: string) =>
    (await detailOf(store)).evaluations.filter((one) => one.arm === arm).map((one) => one.iteration);

  it('ends an arm that fell twice, with a warning, and lets the other arm go on', async () => {
    const fixture = fixtureOf(7);
    const store = await fixture.newStore();
    const setup = fixture.setup(store);
    await finish(setup);
    const { evaluations, warnings, summary } = await detailOf(store);
    expect(evaluations.filter(({ arm }) => arm === 'thinking').map(({ accuracy }) => accuracy)).toEqual([
      0.25, 0.125, 0,
    ]);
    expect(await iterationsOf(store, 'direct')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(warnings.filter(({ code }) => code.startsWith('early-stop'))).toMatchObject([
      { code: 'early-stop-thinking', message: expect.stringContaining('25.0%, 12.5%, 0.0% after iterations 0, 1, 2') },
    ]);
    expect(summary.iterations).toBe(5);
    // The direct arm goes on without a policy to be compared with.
    expect(
      evaluations.find((one) => one.arm === 'direct' && one.iteration === 5)?.winRates.map((rate) => rate.against),
    ).toEqual(['seed']);
    const trained = await store.rollouts('r', { purpose: 'train', arm: 'thinking' });
    expect(Math.max(...trained.map(({ iteration }) => iteration))).toBe(2);
  });

  /** Without reference answers, the larger number is the better response. */
  const scoreOf = (response: string) => Number(/\d/.exec(response)?.[0] ?? 0);
  const scoring: Judge = { score: async ({ responses }) => ({ scores: responses.map(scoreOf), detail: '' }) };
  const comparing: Judge = {
    relative: true,
    score: async ({ responses }) => ({ scores: [0, 0], detail: '', calls: bothOrders(responses.map(scoreOf)) }),
  };

  it.each([
    { name: 'scores', judge: scoring, means: [11 / 6, 3 / 4, 4 / 3] },
    { name: 'compares', judge: comparing, means: [null, null, null] },
  ])('goes by the win rate if no prompt can be checked: a judge that $name', async ({ judge, means }) => {
    const fixture = fixtureOf(36, ['thinking']);
    const store = await fixture.newStore();
    const setup = fixture.setup(store, {}, scoring, judge);
    const heldout = setup.parts.heldout.map(({ id, instruction }) => ({ id, instruction }));
    await finish({ ...setup, parts: { ...setup.parts, heldout } });
    const { evaluations, warnings } = await detailOf(store);
    // The mean score of the well-formed samples had risen again.
    expect(evaluations.map(({ meanScore }) => meanScore)).toEqual(means);
    expect(evaluations.map(({ winRates }) => winRates[0]?.rate)).toEqual([undefined, 0.4375, 0.375]);
    expect(evaluations.every(({ accuracy, checkable }) => accuracy === null && checkable === 0)).toBe(true);
    expect(warnings.find(({ code }) => code === 'early-stop-thinking')?.message).toContain(
      'win rate against the seed model of the thinking arm fell twice: 50.0%, 43.8%, 37.5% after iterations 0, 1, 2',
    );
  });

  it('uses the win rate as soon as one prompt cannot be checked', async () => {
    const fixture = fixtureOf(36, ['thinking']);
    const run = async (checked: readonly string[]) => {
      const store = await fixture.newStore();
      const setup = fixture.setup(store, {}, scoring);
      const heldout = setup.parts.heldout.map(({ id, instruction, ...answer }) => ({
        ...{ id, instruction },
        ...(checked.includes(id) && answer),
      }));
      await finish({ ...setup, parts: { ...setup.parts, heldout } });
      return store;
    };
    const asked = await (await run([])).rollouts('r', { purpose: 'evaluate', iteration: 0, arm: 'thinking' });
    const [first, second] = asked.map(({ prompt }) => prompt.id);
    if (first === undefined || second === undefined) throw new Error('two prompts are held out');
    const { evaluations } = await detailOf(await run([first]));
    expect(evaluations.map(({ checkable, prompts, iteration }) => [iteration, checkable, prompts])).toEqual([
      [0, 1, 2],
      [1, 1, 2],
      [2, 1, 2],
    ]);
    expect(evaluations.every(({ accuracy }) => accuracy !== null)).toBe(true);
    // If all prompts can be checked, it uses accuracy, and the run continues for longer.
    const { evaluations: all } = await detailOf(await run([first, second]));
    expect(all.map(({ checkable }) => checkable)).toEqual(all.map(() => 2));
    expect(all.length).toBeGreaterThan(3);
  });

  it('ends the run if no arm is left', async () => {
    const fixture = fixtureOf(7, ['thinking']);
    const store = await fixture.newStore();
    await finish(fixture.setup(store));
    expect(await iterationsOf(store, 'thinking')).toEqual([0, 1, 2]);
    expect((await detailOf(store)).summary.iterations).toBe(2);
  });

  it('does not happen unless the recipe asks for it', async () => {
    const fixture = fixtureOf(7, ['thinking'], false);
    const store = await fixture.newStore();
    await finish(fixture.setup(store));
    expect(await iterationsOf(store, 'thinking')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('skips the same arm iterations when killed at any write and resumed', async () => {
    const fixture = fixtureOf(7, ['thinking']);
    const whole = await fixture.newStore();
    await finish(fixture.setup(whole));
    for (let kill = 0; kill < whole.writes; kill++) {
      const store = await fixture.newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finish(fixture.setup(store)), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await finish(fixture.setup(store));
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(whole));
    }
  });
});
