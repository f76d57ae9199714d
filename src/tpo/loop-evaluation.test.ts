/** Evaluations in the loop: win rates, comparisons by a judge whose scores are relative, arms that stop early. */
import { describe, expect, it } from 'vitest';
import type { Judge } from '../judges/judge';
import { ruleJudge } from '../judges/rule';
import { LabError } from '../lib/errors';
import type { Evaluation } from '../records/evaluations';
import type { JudgeCall } from '../records/judgements';
import type { MemoryStore } from './testing/memory-store';
import { finish, RECIPE, recordsOf, Worlds } from './testing/world';

const detailOf = async (store: MemoryStore) => {
  const detail = await store.detail('r');
  if (!detail) throw new Error('no run');
  return detail;
};
const place = ({ iteration, arm }: Evaluation) => `${iteration} ${arm}`;
const against = (evaluations: readonly Evaluation[]) =>
  Object.fromEntries(evaluations.map((one) => [place(one), one.winRates.map((rate) => rate.against)]));

/** Every pair of policies that is held against each other. */
const HELD_AGAINST = {
  '0 thinking': ['direct'],
  '0 direct': [],
  '1 thinking': ['seed', 'direct'],
  '1 direct': ['seed'],
  '2 thinking': ['seed', 'direct'],
  '2 direct': ['seed'],
};

const bothOrders = ([one, other]: readonly (number | null)[]): JudgeCall[] => {
  const verdict = Math.sign((one ?? 0) - (other ?? 0));
  return [
    { shown: [0, 1], verdict, reply: 'one order' },
    { shown: [1, 0], verdict: -verdict, reply: 'the other' },
  ];
};

describe('win rates in the loop', { timeout: 60_000 }, () => {
  it('are against the seed model and, where thinking, against direct; the one evaluated first is completed by the other', async () => {
    const worlds = new Worlds(RECIPE);
    const store = await worlds.newStore();
    const world = worlds.world(store);
    await finish(world);
    expect(against((await detailOf(store)).evaluations)).toEqual(HELD_AGAINST);
    const told = world.events.flatMap((event) => (event.type === 'evaluation' ? [event.evaluation] : []));
    expect(told.map(place)).toEqual([0, 1, 2].flatMap((i) => [`${i} thinking`, `${i} thinking`, `${i} direct`]));
    expect(against(told)).toEqual(HELD_AGAINST);
  });

  it('are the same whichever arm comes first', async () => {
    const rates = async (arms: (typeof RECIPE)['arms']) => {
      const worlds = new Worlds({ ...RECIPE, arms });
      const store = await worlds.newStore();
      await finish(worlds.world(store));
      return new Map((await detailOf(store)).evaluations.map((one) => [place(one), one.winRates]));
    };
    expect(await rates(['direct', 'thinking'])).toEqual(await rates(['thinking', 'direct']));
  });
});

describe('a judge whose scores are relative', { timeout: 120_000 }, () => {
  let calls = 0;
  const relative: Judge = {
    relative: true,
    async score(request) {
      calls++;
      const { scores } = await ruleJudge.score(request);
      return { scores, detail: 'compared', calls: bothOrders(scores) };
    },
  };
  const worlds = new Worlds(RECIPE);
  const run = async (store: MemoryStore, judge = relative) => finish(worlds.world(store, {}, ruleJudge, judge));

  it('compares held-out samples with those of the seed model and of the other arm, and scores none alone', async () => {
    const store = await worlds.newStore();
    const world = worlds.world(store, {}, ruleJudge, relative);
    await finish(world);
    const { evaluations } = await detailOf(store);
    expect(against(evaluations)).toEqual(HELD_AGAINST);
    // The seed model of the arm that comes first has nobody to be held against.
    const shown = world.events.flatMap((event) =>
      event.type === 'progress' && event.progress.phase === 'judge' && event.progress.done === event.progress.total
        ? [`${event.progress.iteration} ${event.progress.arm}`]
        : [],
    );
    for (const place of Object.keys(HELD_AGAINST)) expect(shown.includes(place), place).toBe(place !== '0 thinking');
    expect(evaluations.every(({ meanScore }) => meanScore === null)).toBe(true);
    const held = await store.rollouts('r', { purpose: 'evaluate', iteration: 2, arm: 'direct' });
    for (const { comparisons, candidates } of held) {
      expect(comparisons.map((one) => one.against)).toEqual([
        { iteration: 0, arm: 'direct' },
        { iteration: 2, arm: 'thinking' },
      ]);
      for (const { outcomes, calls: asked } of comparisons) {
        expect(outcomes).toHaveLength(candidates.length);
        expect(asked).toHaveLength(candidates.length);
      }
    }
    const [thinking] = await store.rollouts('r', { purpose: 'evaluate', iteration: 2, arm: 'thinking' });
    expect(thinking?.comparisons.map((one) => one.against)).toEqual([{ iteration: 0, arm: 'thinking' }]);
  });

  it('comes to what the rule’s scores come to', async () => {
    const [one, two] = [await worlds.newStore(), await worlds.newStore()];
    await run(one);
    await run(two, ruleJudge);
    const rates = async (store: MemoryStore) => (await detailOf(store)).evaluations.map((each) => each.winRates);
    expect(await rates(one)).toEqual(await rates(two));
  });

  it('comes to the same records when killed at any write, and is asked nothing twice but what was lost', async () => {
    const whole = await worlds.newStore();
    calls = 0;
    await run(whole);
    // A prompt's samples against two policies', or its six control rows.
    const [asked, most] = [calls, Math.max(RECIPE.evaluationSamples * 2, 6)];
    for (let kill = 0; kill < whole.writes; kill++) {
      const store = await worlds.newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      calls = 0;
      await expect(run(store), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await run(store);
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(whole));
      expect(calls, `killed at write ${kill}`).toBeLessThanOrEqual(asked + most);
    }
  });

  it('is waited for when it fails, with nothing lost', async () => {
    const whole = await worlds.newStore();
    await run(whole);
    const store = await worlds.newStore();
    let turn = 0;
    const flaky: Judge = {
      ...relative,
      score: (request) => (turn++ % 7 === 2 ? Promise.reject(new TypeError('no network')) : relative.score(request)),
    };
    for (let failures = 0; ; failures++) {
      try {
        await run(store, flaky);
        expect(failures).toBeGreaterThan(1);
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
        expect(error).toMatchObject({ code: 'judge-failed' });
      }
    }
    expect(recordsOf(store)).toEqual(recordsOf(whole));
  });
});

describe('a judge of the evaluation alone', { timeout: 60_000 }, () => {
  const constant: Judge = { score: async ({ responses }) => ({ scores: responses.map(() => 5), detail: '' }) };
  const inOneOrder: Judge = {
    relative: true,
    score: async ({ responses }) => ({
      scores: responses.map(() => 0),
      detail: '',
      calls: [
        { shown: [0, 1], verdict: 1, reply: '[[A]]' },
        { shown: [1, 0], verdict: 1, reply: '[[A]]' },
      ],
    }),
  };
  const worlds = new Worlds({ ...RECIPE, evaluationJudge: 'onnx', evaluationPrompts: 6, evaluationSamples: 8 });
  const testedIn = async (store: MemoryStore) => {
    const held = await store.rollouts('r', { purpose: 'evaluate' });
    const tested = held.filter(({ judgement }) => (judgement?.controls.length ?? 0) > 0);
    return tested.map(({ iteration, arm, position }) => `${iteration} ${arm} ${position}`);
  };
  const first = ['0 thinking 0', '0 thinking 2', '0 thinking 3', '0 thinking 5'];

  it('meets control rows once a run, and what is known of it stands with every evaluation', async () => {
    const store = await worlds.newStore();
    await finish(worlds.world(store, {}, ruleJudge, constant));
    expect(first).toEqual(expect.arrayContaining(await testedIn(store)));
    const { evaluations, warnings } = await detailOf(store);
    expect(evaluations[0]?.judgeFacts?.controls.empty?.failed).toBeGreaterThan(0);
    expect(evaluations.every(({ judgeFacts }) => judgeFacts !== undefined && judgeFacts.unparsed.of > 0)).toBe(true);
    expect(evaluations.slice(1).every(({ judgeFacts }) => Object.keys(judgeFacts?.controls ?? {}).length === 0)).toBe(
      true,
    );
    expect(warnings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          code: 'evaluation-judge-fails-controls',
          advice: 'These prompts have reference answers: choose the rule as the judge of the evaluation.',
          field: 'evaluationJudge',
        }),
      ]),
    );
  });

  it('that compares meets them too, and its comparisons say how far it is to be believed', async () => {
    const store = await worlds.newStore();
    await finish(worlds.world(store, {}, ruleJudge, inOneOrder));
    expect(first).toEqual(expect.arrayContaining(await testedIn(store)));
    const { evaluations, warnings } = await detailOf(store);
    const [seed, ...others] = evaluations;
    expect(seed?.judgeFacts).toMatchObject({ positionBias: null, unparsed: { count: 0, of: 0 } });
    expect(seed?.judgeFacts?.controls.colon?.failed).toBeGreaterThan(0);
    for (const { judgeFacts } of others) expect(judgeFacts?.positionBias?.share).toBe(1);
    expect(warnings.map(({ code }) => code)).toContain('evaluation-judge-by-order');
  });

  it('is not looked at twice where it is the judge of the training', async () => {
    const store = await worlds.newStore();
    await finish(worlds.world(store));
    expect(await testedIn(store)).toEqual([]);
    expect((await detailOf(store)).evaluations.every(({ judgeFacts }) => judgeFacts === undefined)).toBe(true);
  });
});

describe('an early stop', { timeout: 120_000 }, () => {
  const worldsOf = (seed: number, arms = RECIPE.arms, earlyStop = true) =>
    new Worlds({ ...RECIPE, seed, arms, iterations: 5, earlyStop, evaluationSamples: 4 });
  const iterationsOf = async (store: MemoryStore, arm: string) =>
    (await detailOf(store)).evaluations.filter((one) => one.arm === arm).map((one) => one.iteration);

  it('ends an arm that fell twice, says so with the numbers, and lets the other go on', async () => {
    const worlds = worldsOf(7);
    const store = await worlds.newStore();
    const world = worlds.world(store);
    await finish(world);
    const { evaluations, warnings, summary } = await detailOf(store);
    expect(evaluations.filter(({ arm }) => arm === 'thinking').map(({ accuracy }) => accuracy)).toEqual([
      0.25, 0.125, 0,
    ]);
    expect(await iterationsOf(store, 'direct')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(warnings.filter(({ code }) => code.startsWith('early-stop'))).toMatchObject([
      { code: 'early-stop-thinking', message: expect.stringContaining('25.0%, 12.5%, 0.0% after iterations 0, 1, 2') },
    ]);
    expect(summary.iterations).toBe(5);
    // The direct arm goes on without anybody to be held against.
    expect(
      evaluations.find((one) => one.arm === 'direct' && one.iteration === 5)?.winRates.map((rate) => rate.against),
    ).toEqual(['seed']);
    const trained = await store.rollouts('r', { purpose: 'train', arm: 'thinking' });
    expect(Math.max(...trained.map(({ iteration }) => iteration))).toBe(2);
  });

  /** The greater number is the better one: prompts without answers. */
  const scoreOf = (response: string) => Number(/\d/.exec(response)?.[0] ?? 0);
  const scoring: Judge = { score: async ({ responses }) => ({ scores: responses.map(scoreOf), detail: '' }) };
  const comparing: Judge = {
    relative: true,
    score: async ({ responses }) => ({ scores: [0, 0], detail: '', calls: bothOrders(responses.map(scoreOf)) }),
  };

  it.each([
    { name: 'scores', judge: scoring, means: [11 / 6, 3 / 4, 4 / 3] },
    { name: 'compares', judge: comparing, means: [null, null, null] },
  ])('goes by the win rate where no rule can check: a judge that $name', async ({ judge, means }) => {
    const worlds = worldsOf(36, ['thinking']);
    const store = await worlds.newStore();
    const world = worlds.world(store, {}, scoring, judge);
    const heldout = world.parts.heldout.map(({ id, instruction }) => ({ id, instruction }));
    await finish({ ...world, parts: { ...world.parts, heldout } });
    const { evaluations, warnings } = await detailOf(store);
    // The mean score of what can be read had risen again.
    expect(evaluations.map(({ meanScore }) => meanScore)).toEqual(means);
    expect(evaluations.map(({ winRates }) => winRates[0]?.rate)).toEqual([undefined, 0.4375, 0.375]);
    expect(evaluations.every(({ accuracy, checkable }) => accuracy === null && checkable === 0)).toBe(true);
    expect(warnings.find(({ code }) => code === 'early-stop-thinking')?.message).toContain(
      'win rate against the seed model of the thinking arm fell twice: 50.0%, 43.8%, 37.5% after iterations 0, 1, 2',
    );
  });

  it('goes by the win rate as soon as one prompt cannot be checked', async () => {
    const worlds = worldsOf(36, ['thinking']);
    const run = async (checked: readonly string[]) => {
      const store = await worlds.newStore();
      const world = worlds.world(store, {}, scoring);
      const heldout = world.parts.heldout.map(({ id, instruction, ...answer }) => ({
        ...{ id, instruction },
        ...(checked.includes(id) && answer),
      }));
      await finish({ ...world, parts: { ...world.parts, heldout } });
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
    // All of them checked, it goes by accuracy, and further.
    const { evaluations: all } = await detailOf(await run([first, second]));
    expect(all.map(({ checkable }) => checkable)).toEqual(all.map(() => 2));
    expect(all.length).toBeGreaterThan(3);
  });

  it('ends the run where no arm is left', async () => {
    const worlds = worldsOf(7, ['thinking']);
    const store = await worlds.newStore();
    await finish(worlds.world(store));
    expect(await iterationsOf(store, 'thinking')).toEqual([0, 1, 2]);
    expect((await detailOf(store)).summary.iterations).toBe(2);
  });

  it('is not made where the recipe does not want it', async () => {
    const worlds = worldsOf(7, ['thinking'], false);
    const store = await worlds.newStore();
    await finish(worlds.world(store));
    expect(await iterationsOf(store, 'thinking')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('skips the same cells when killed at any write and gone on with', async () => {
    const worlds = worldsOf(7, ['thinking']);
    const whole = await worlds.newStore();
    await finish(worlds.world(whole));
    for (let kill = 0; kill < whole.writes; kill++) {
      const store = await worlds.newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finish(worlds.world(store)), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await finish(worlds.world(store));
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(whole));
    }
  });
});
