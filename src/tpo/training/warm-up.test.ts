import { describe, expect, it } from 'vitest';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { LabError } from '../../lib/errors';
import { learningRate } from '../../recipe/schedule';
import { Loop } from '../loop';
import { finish, LoopFixture, RECIPE, recordsOf } from '../testing/loop-fixture';
import { candidate, rollout } from '../testing/records';
import { warmUpSamples } from './warm-up';

const recipe = { ...RECIPE, sftPrompts: 4, sftEpochs: 2, sftLearningRate: 0.01 };
const fixture = new LoopFixture(recipe);

describe('the samples of a warm-up', () => {
  const good = (text: string) => candidate({ text, tokens: [...text].map((c) => c.charCodeAt(0)) });
  const bare = candidate({ text: 'bare', thought: '' });
  const cut = candidate({ text: 'cut', malformed: 'truncated' });

  it('are well-formed, with a thought, of different texts, and at most two per prompt', () => {
    const rollouts = [
      rollout([good('a'), good('b'), good('c'), good('d'), cut], null, {}, { position: 0 }),
      rollout([bare, cut, good('a'), good('a')], null, {}, { position: 1 }),
      rollout([bare, cut], null, {}, { position: 2 }),
    ];
    const samples = warmUpSamples(rollouts, 1);
    expect(samples.map(({ position }) => position)).toEqual([0, 0, 1]);
    expect(new Set(samples.slice(0, 2).map(({ tokens }) => tokens.join())).size).toBe(2);
    expect(samples[2]).toEqual({ position: 1, promptTokens: [1, 5, 6], tokens: [97] });
    expect(warmUpSamples(rollouts, 1)).toEqual(samples);
  });

  it('are drawn by the seed, independent of the order of candidates', () => {
    const rollouts = Array.from({ length: 20 }, (_, position) =>
      rollout([good('a'), good('b'), good('c'), good('d')], null, {}, { position }),
    );
    const drawn = (seed: number) => warmUpSamples(rollouts, seed).map(({ tokens }) => tokens[0]);
    expect(drawn(1)).not.toEqual(drawn(2));
    expect(new Set(drawn(1))).toEqual(new Set([97, 98, 99, 100]));
  });
});

describe('a run with a warm-up', { timeout: 60_000 }, () => {
  it('evaluates the seed model, then warms it up, then begins iteration 1 with it', async () => {
    const store = await fixture.newStore();
    const judged: string[] = [];
    const judge: Judge = {
      score: (request) => {
        judged.push(request.instruction);
        return ruleJudge.score(request);
      },
    };
    const { parts, events, policy } = fixture.setup(store, {}, judge);
    await finish({ ...fixture.setup(store), parts });
    const phases = events.flatMap((event) => {
      if (event.type === 'rollout')
        return [`${event.rollout.purpose} ${event.rollout.iteration} ${event.rollout.arm}`];
      if (event.type === 'evaluation') return [`evaluated ${event.evaluation.iteration} ${event.evaluation.arm}`];
      return event.type === 'sft-step' || event.type === 'iteration' ? [event.type] : [];
    });
    const order = phases.filter((what, i) => what !== phases[i - 1]);
    expect(order.slice(0, 8)).toEqual([
      'evaluate 0 thinking',
      'evaluated 0 thinking',
      'warm-up 0 thinking',
      'sft-step',
      'iteration',
      'evaluate 0 direct',
      // Completed with the win rate against the direct arm.
      'evaluated 0 thinking',
      'evaluated 0 direct',
    ]);
    expect(policy.generated).toHaveLength(12 + 16 + 4);

    const written = await store.rollouts('r', { purpose: 'warm-up' });
    expect(written.map(({ position, candidates, pair }) => [position, candidates.length, pair])).toEqual(
      [0, 1, 2, 3].map((position) => [position, 4, null]),
    );
    const trained = await store.rollouts('r', { purpose: 'train' });
    const ids = new Set(trained.map(({ prompt }) => prompt.id));
    expect(written.filter(({ prompt }) => ids.has(prompt.id))).toEqual([]);
    expect(judged.filter((instruction) => written.some(({ prompt }) => prompt.instruction === instruction))).toEqual(
      [],
    );

    const detail = await store.detail('r');
    const [warmUp] = detail?.iterations.filter(({ iteration }) => iteration === 0) ?? [];
    expect(warmUp).toMatchObject({ arm: 'thinking', prompts: 4, candidates: 16, pairs: 0, noPair: {} });
    const samples = warmUp?.samples ?? 0;
    expect(samples).toBe(warmUpSamples(written, recipe.seed).length);
    const steps = 2 * Math.ceil(samples / recipe.pairsPerStep);
    expect(detail?.sftSteps.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(detail?.sftSteps.map((step) => step.learning_rate)).toEqual(
      Array.from({ length: steps }, (_, i) => learningRate(i, steps, { ...recipe, learningRate: 0.01 })),
    );
    expect(detail?.sftSteps.reduce((sum, step) => sum + step.samples, 0)).toBe(2 * samples);
    expect(detail?.steps.every(({ iteration }) => iteration > 0)).toBe(true);
    expect(detail?.summary.iterations).toBe(2);
  });

  it('trains on the same prompts as without, and in the direct arm on the same candidates', async () => {
    const [{ store }, without] = [await fixture.uninterrupted(), await new LoopFixture(RECIPE).uninterrupted()];
    const first = { purpose: 'train', iteration: 1 } as const;
    const direct = { ...first, arm: 'direct' } as const;
    expect(await store.rollouts('r', direct)).toEqual(await without.store.rollouts('r', direct));
    const thinking = { ...first, arm: 'thinking' } as const;
    const [warm, cold] = [await store.rollouts('r', thinking), await without.store.rollouts('r', thinking)];
    expect(warm.map(({ prompt }) => prompt.id)).toEqual(cold.map(({ prompt }) => prompt.id));
    expect(warm.map(({ candidates }) => candidates)).not.toEqual(cold.map(({ candidates }) => candidates));
  });

  it('ends with the same records when killed at any write and resumed', async () => {
    const whole = await fixture.uninterrupted();
    for (let kill = 0; kill < whole.writes; kill++) {
      const store = await fixture.newStore();
      store.beforeWrite = (write) => {
        if (write === kill) throw new Error('killed');
      };
      await expect(finish(fixture.setup(store)), `write ${kill}`).rejects.toThrow('killed');
      store.beforeWrite = () => {};
      await finish(fixture.setup(store));
      expect(recordsOf(store), `killed at write ${kill}`).toEqual(recordsOf(whole.store));
    }
  });

  it('ends with the same records when interrupted after any unit and resumed', async () => {
    const whole = await fixture.uninterrupted();
    for (let units = 0; units <= whole.units; units++) {
      const store = await fixture.newStore();
      const loop = await Loop.open(fixture.setup(store).parts);
      for (let i = 0; i < units; i++) expect(await loop.step()).toBe('stored');
      await loop.interrupt();
      await finish(fixture.setup(store));
      expect(recordsOf(store), `interrupted after unit ${units}`).toEqual(recordsOf(whole.store));
    }
  });

  it('resumes from the last commit when the device is lost in a step of the warm-up', async () => {
    const whole = await fixture.uninterrupted();
    const store = await fixture.newStore();
    let calls = 0;
    const before = (now: string) => {
      if (now === 'sftStep' && ++calls % 2 === 0) throw new LabError('device-lost', 'gone');
    };
    let lost = 0;
    for (let opened = 0; opened < 20; opened++) {
      try {
        await finish(fixture.setup(store, { before }));
        break;
      } catch (error) {
        expect(error).toMatchObject({ code: 'device-lost' });
        lost++;
      }
    }
    expect(lost).toBeGreaterThan(1);
    expect(recordsOf(store)).toEqual(recordsOf(whole.store));
  });

  it('includes the warm-up in the time left', async () => {
    const store = await fixture.newStore();
    const { parts, events } = fixture.setup(store);
    let now = 0;
    await finish({ ...fixture.setup(store), parts: { ...parts, now: () => (now += 10) } });
    const phases = events.flatMap((event) =>
      event.type === 'progress' && event.progress.iteration === 0 ? [event.progress] : [],
    );
    expect(phases.filter(({ phase }) => phase === 'warm-up').at(-1)).toMatchObject({
      counts: 'steps',
      arm: 'thinking',
    });
    expect(phases.filter(({ phase }) => phase === 'generate').at(-1)).toMatchObject({
      done: 4,
      total: 4,
      counts: 'prompts',
    });
    const last = events.findLast((event) => event.type === 'progress');
    expect(last).toMatchObject({ progress: { secondsLeft: 0 } });
  });
});

describe('a warm-up that finds nothing', () => {
  it('ends the run with the reasons and advice, and does so again when resumed', async () => {
    const mute = new LoopFixture({ ...recipe, responseMarker: '<never>' });
    const store = await mute.newStore();
    const written = async () =>
      (await store.rollouts('r', { purpose: 'warm-up' })).flatMap(({ candidates }) => candidates);
    for (let opened = 0; opened < 2; opened++) {
      await expect(finish(mute.setup(store))).rejects.toMatchObject({
        code: 'nothing-to-learn',
        message: expect.stringMatching(
          new RegExp(
            '^The warm-up found no completion to imitate among 16: ' +
              '\\d+ without the response marker, \\d+ not ended after 80 tokens\\.$',
          ),
        ),
        advice: expect.stringContaining('another thought prompt, longer completions or a larger model'),
      });
    }
    expect(await written()).toHaveLength(16);
    expect((await store.detail('r'))?.evaluations).toMatchObject([{ iteration: 0, arm: 'thinking', malformed: 1 }]);
  });

  it('warns if it finds only a few samples', async () => {
    const store = await fixture.newStore();
    const few = new LoopFixture({ ...recipe, sftPrompts: 1, pairsPerStep: 8 });
    const events = few.setup(store);
    await finish(events);
    const warning = events.events.find((event) => event.type === 'warning' && event.warning.code === 'few-samples');
    expect(warning).toMatchObject({
      warning: { message: expect.stringMatching(/only [12] of 4 completions/), field: 'sftPrompts' },
    });
  });
});
