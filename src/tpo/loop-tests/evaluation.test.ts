/** Evaluations in the loop: win rates, and the judge of the held-out samples. */
import { describe, expect, it } from 'vitest';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { LabError } from '../../lib/errors';
import type { Evaluation } from '../../records/evaluations';
import { bothOrders, detailOf, finish, LoopFixture, RECIPE, recordsOf } from '../testing/loop-fixture';
import type { MemoryStore } from '../testing/memory-store';

const place = ({ iteration, arm }: Evaluation) => `${iteration} ${arm}`;
const against = (evaluations: readonly Evaluation[]) =>
  Object.fromEntries(evaluations.map((one) => [place(one), one.winRates.map((rate) => rate.against)]));

/** For each arm iteration, the policies that it is compared with. */
const COMPARED_WITH = {
  '0 thinking': ['direct'],
  '0 direct': [],
  '1 thinking': ['seed', 'direct'],
  '1 direct': ['seed'],
  '2 thinking': ['seed', 'direct'],
  '2 direct': ['seed'],
};

describe('win rates in the loop', { timeout: 60_000 }, () => {
  it('are against the seed model and, for the thinking arm, against the direct arm', async () => {
    const fixture = new LoopFixture(RECIPE);
    const store = await fixture.newStore();
    const setup = fixture.setup(store);
    await finish(setup);
    expect(against((await detailOf(store)).evaluations)).toEqual(COMPARED_WITH);
    const emitted = setup.events.flatMap((event) => (event.type === 'evaluation' ? [event.evaluation] : []));
    expect(emitted.map(place)).toEqual([0, 1, 2].flatMap((i) => [`${i} thinking`, `${i} thinking`, `${i} direct`]));
    expect(against(emitted)).toEqual(COMPARED_WITH);
  });

  it('are the same whichever arm comes first', async () => {
    const rates = async (arms: (typeof RECIPE)['arms']) => {
      const fixture = new LoopFixture({ ...RECIPE, arms });
      const store = await fixture.newStore();
      await finish(fixture.setup(store));
      return new Map((await detailOf(store)).evaluations.map((one) => [place(one), one.winRates]));
    };
    expect(await rates(['direct', 'thinking'])).toEqual(await rates(['thinking', 'direct']));
  });
});

describe('a relative judge', { timeout: 120_000 }, () => {
  let calls = 0;
  const relative: Judge = {
    relative: true,
    async score(request) {
      calls++;
      const { scores } = await ruleJudge.score(request);
      return { scores, detail: 'compared', calls: bothOrders(scores) };
    },
  };
  const fixture = new LoopFixture(RECIPE);
  const run = async (store: MemoryStore, judge = relative) => finish(fixture.setup(store, {}, ruleJudge, judge));

  it('compares samples with those of the seed model and the other arm, and scores none alone', async () => {
    const store = await fixture.newStore();
    const setup = fixture.setup(store, {}, ruleJudge, relative);
    await finish(setup);
    const { evaluations } = await detailOf(store);
    expect(against(evaluations)).toEqual(COMPARED_WITH);
    // The seed model of the first arm has no policy to be compared with.
    const shown = setup.events.flatMap((event) =>
      event.type === 'progress' && event.progress.phase === 'judge' && event.progress.done === event.progress.total
        ? [`${event.progress.iteration} ${event.progress.arm}`]
        : [],
    );
    for (const place of Object.keys(COMPARED_WITH)) expect(shown.includes(place), place).toBe(place !== '0 thinking');
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

  it('gives the same win rates as the rule’s scores', async () => {
    const [one, two] = [await fixture.newStore(), await fixture.newStore()];
    await run(one);
    await run(two, ruleJudge);
    const rates = async (store: MemoryStore) => (await detailOf(store)).evaluations.map((each) => each.winRates);
    expect(await rates(one)).toEqual(await rates(two));
  });

  it('ends with the same records when killed at any write, and is asked again only about what was lost', async () => {
    const whole = await fixture.newStore();
    calls = 0;
    await run(whole);
    // The samples of a prompt are compared with two policies, or it has six control rows.
    const [asked, most] = [calls, Math.max(RECIPE.evaluationSamples * 2, 6)];
    for (let kill = 0; kill < whole.writes; kill++) {
      const store = await fixture.newStore();
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

  it('can be asked again after a failure, and nothing is lost', async () => {
    const whole = await fixture.newStore();
    await run(whole);
    const store = await fixture.newStore();
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

describe('a judge of the evaluation only', { timeout: 60_000 }, () => {
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
  const fixture = new LoopFixture({ ...RECIPE, evaluationJudge: 'onnx', evaluationPrompts: 6, evaluationSamples: 8 });
  const testedIn = async (store: MemoryStore) => {
    const held = await store.rollouts('r', { purpose: 'evaluate' });
    const tested = held.filter(({ judgement }) => (judgement?.controls.length ?? 0) > 0);
    return tested.map(({ iteration, arm, position }) => `${iteration} ${arm} ${position}`);
  };
  const first = ['0 thinking 0', '0 thinking 2', '0 thinking 3', '0 thinking 5'];

  it('is tested with control rows once in a run, and its facts are part of every evaluation', async () => {
    const store = await fixture.newStore();
    await finish(fixture.setup(store, {}, ruleJudge, constant));
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
          advice: 'The rule can check these prompts: choose the rule as the judge of the evaluation.',
          field: 'evaluationJudge',
        }),
      ]),
    );
  });

  it('is tested with control rows if it is relative too, and its facts come from its comparisons', async () => {
    const store = await fixture.newStore();
    await finish(fixture.setup(store, {}, ruleJudge, inOneOrder));
    expect(first).toEqual(expect.arrayContaining(await testedIn(store)));
    const { evaluations, warnings } = await detailOf(store);
    const [seed, ...others] = evaluations;
    expect(seed?.judgeFacts).toMatchObject({ positionBias: null, unparsed: { count: 0, of: 0 } });
    expect(seed?.judgeFacts?.controls.colon?.failed).toBeGreaterThan(0);
    for (const { judgeFacts } of others) expect(judgeFacts?.positionBias?.share).toBe(1);
    expect(warnings.map(({ code }) => code)).toContain('evaluation-judge-by-order');
  });

  it('has no facts of its own if it is the judge of the training too', async () => {
    const store = await fixture.newStore();
    await finish(fixture.setup(store));
    expect(await testedIn(store)).toEqual([]);
    expect((await detailOf(store)).evaluations.every(({ judgeFacts }) => judgeFacts === undefined)).toBe(true);
  });
});
