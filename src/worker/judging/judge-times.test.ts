import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import { summarizeIteration } from '../../tpo/iteration-summary';
import { MemoryStore } from '../../tpo/testing/memory-store';
import { evaluation } from '../../tpo/testing/records';
import { JudgeTimes } from './judge-times';

const recipe: Recipe = {
  ...PRESETS.quick,
  judge: 'remote',
  judgeMethod: 'rating',
  remoteModel: 'm',
  evaluationJudge: 'rule',
  arms: ['thinking'],
  iterations: 2,
  promptsPerIteration: 10,
  k: 4,
  controls: 0,
};

/** A store with one run, whose judge took `seconds` in each iteration. */
async function earlierRun(earlier: Recipe, seconds: number, device = 'here') {
  const store = new MemoryStore();
  await store.create({
    ...{
      id: 'r',
      name: '',
      created: 0,
      updated: 0,
      status: 'finished',
      recipe: earlier,
      device,
      bytes: 0,
      iterations: 2,
    },
    failure: null,
  });
  for (const iteration of [1, 2]) {
    const summary = summarizeIteration([], [], { iteration, arm: 'thinking', seconds: { reference: 0, evaluate: 0 } });
    await store.putIteration('r', { ...summary, prompts: 10, seconds: { ...summary.seconds, judge: seconds } });
  }
  for (const iteration of [0, 1])
    await store.putEvaluation('r', { ...evaluation({ iteration }), prompts: 5, judgeSeconds: 30 });
  return store;
}
const ofRun = (store: MemoryStore, ofRecipe = recipe, times = new JudgeTimes(store)) =>
  times.ofRun(ofRecipe, 5, 'here', (tokens) => tokens / 100, null);

describe('the time of a run’s judges', () => {
  it('is unknown before the judge has been asked', async () => {
    expect(await ofRun(new MemoryStore())).toEqual({
      seconds: 0,
      untimed: [{ judge: 'remote', questions: 2 * 10 * 4 }],
    });
  });

  it('is taken from an earlier run with the same judge on the same device', async () => {
    const longer = { ...recipe, promptsPerIteration: 30 };
    expect(await ofRun(await earlierRun(recipe, 40), longer)).toEqual({ seconds: 2 * 30 * 4, untimed: [] });
    expect((await ofRun(await earlierRun({ ...recipe, remoteModel: 'other' }, 40))).untimed).toHaveLength(1);
    expect((await ofRun(await earlierRun(recipe, 40, 'elsewhere'))).untimed).toHaveLength(1);
  });

  it('is taken from evaluations too', async () => {
    const evaluating: Recipe = {
      ...recipe,
      judge: 'rule',
      evaluationJudge: 'remote',
      evaluationPrompts: 5,
      evaluationSamples: 3,
    };
    // Two of three evaluations are done. Each has 15 ratings: 2 s for a rating.
    expect(await ofRun(await earlierRun(evaluating, 0), evaluating)).toEqual({ seconds: 45 * 2, untimed: [] });
  });

  it('is taken from the last trial, if there was one', async () => {
    const store = await earlierRun(recipe, 40);
    const times = new JudgeTimes(store);
    times.put(recipe, 0.25);
    expect(await ofRun(store, recipe, times)).toEqual({ seconds: 20, untimed: [] });
  });

  it('of the model itself is the time to read the questions’ tokens', async () => {
    const itself: Recipe = { ...recipe, judge: 'self', pairing: 'all', maxNewTokens: 100 };
    const times = new JudgeTimes(new MemoryStore());
    const { seconds, untimed } = await times.ofRun(itself, 5, 'here', (tokens) => tokens / 100, 500);
    expect(untimed).toEqual([]);
    // 12 comparisons for each prompt, with two responses of 40 tokens instead of 100.
    expect(seconds).toBeCloseTo(2 * 10 * 12 * ((500 - 2 * 60) / 100));
  });

  it('of a person is given as a number of choices', async () => {
    const byHand: Recipe = { ...recipe, judge: 'human' };
    expect(await ofRun(new MemoryStore(), byHand)).toEqual({
      seconds: 0,
      untimed: [{ judge: 'human', questions: 20 }],
    });
  });
});
