import { describe, expect, it } from 'vitest';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { Prompt } from '../../records/prompts';
import type { RunSummary } from '../../records/runs';
import { Loop } from '../loop';
import type { LoopParts } from '../stage';
import { openJudge } from '../testing/loop-fixture';
import { MemoryStore } from '../testing/memory-store';
import { ScriptedPolicy } from '../testing/scripted-policy';

const base: Recipe = {
  ...PRESETS.quick,
  arms: ['direct'],
  iterations: 1,
  promptsPerIteration: 4,
  evaluationPrompts: 2,
  k: 4,
};
const prompts: Prompt[] = Array.from({ length: 6 }, (_, i) => ({
  id: `p${i}`,
  instruction: `${i}?`,
  answer: '1',
  check: 'number',
}));
const heldout = prompts.map((prompt) => ({ ...prompt, instruction: `Again: ${prompt.instruction}` }));

function parts(change: Partial<Recipe> = {}, others: Partial<LoopParts> = {}, judged: Judge = ruleJudge): LoopParts {
  const recipe = { ...base, ...change };
  const failure = null;
  const run: RunSummary = {
    id: 'r',
    name: '',
    created: 0,
    updated: 0,
    status: 'running',
    recipe,
    device: '',
    bytes: 0,
    iterations: 0,
    failure,
  };
  const defaults = { recipeHash: 'h', prompts, heldout, policy: new ScriptedPolicy() };
  const judge = openJudge(judged);
  const judges = { judge, evaluationJudge: judge, judgesMustFreeMemory: false };
  return { ...judges, run, store: new MemoryStore(), emit: () => {}, now: () => 0, ...defaults, ...others };
}

/** Opens a loop. The first time on a store, the run is created. */
async function open(its: LoopParts): Promise<Loop> {
  if ((await its.store.get('r')) === null) await its.store.create(its.run);
  return Loop.open(its);
}

async function finish(its: LoopParts): Promise<void> {
  const loop = await open(its);
  while ((await loop.step()) !== 'finished');
}

describe('a loop that cannot go on', () => {
  it('names the prompt that does not fit into the context, before anything is generated', async () => {
    const long = { id: 'the-long-one', instruction: 'x'.repeat(200) };
    const policy = new ScriptedPolicy({ contextLength: 100 });
    const opened = Loop.open(
      parts({}, { policy, heldout: [...heldout, long], run: parts({ evaluationPrompts: 0 }).run }),
    );
    await expect(opened).rejects.toMatchObject({ code: 'prompt-too-long' });
    await expect(opened).rejects.toThrow(/the-long-one has 200 tokens/);
    expect(policy.generated).toEqual([]);
  });

  it.each([{ prompts: [] }, { heldout: [] }])('refuses an empty set', async (others) => {
    await expect(Loop.open(parts({}, others))).rejects.toMatchObject({ code: 'bad-prompts' });
  });

  it('refuses a checkpoint of another recipe', async () => {
    const store = new MemoryStore();
    await finish(parts({}, { store }));
    await expect(Loop.open(parts({}, { store, recipeHash: 'other' }))).rejects.toMatchObject({ code: 'bad-recipe' });
  });

  it.each([{ loss: Number.NaN }, { gradNorm: Number.POSITIVE_INFINITY }, { logpsChosen: [Number.NaN] }])(
    'stops at a step that gave %o, and does not store it',
    async (spoilt) => {
      const store = new MemoryStore();
      const policy = new ScriptedPolicy();
      const step = policy.trainStep.bind(policy);
      let steps = 0;
      policy.trainStep = async (...args) => ({ ...(await step(...args)), ...(++steps === 2 ? spoilt : {}) });
      const its = parts({}, { store, policy });
      const loop = await open(its);
      const failed = (async () => {
        while ((await loop.step()) !== 'finished');
      })();
      await expect(failed).rejects.toMatchObject({ code: 'not-finite' });
      expect((await store.head('r', 'direct'))?.step).toBe(1);
      expect((await store.detail('r'))?.steps.map(({ step: stored }) => stored)).toEqual([1]);
      expect([...store.records.keys()].filter((key) => key.startsWith('step '))).toHaveLength(1);
      await expect(loop.step()).rejects.toThrow('open a new one');
    },
  );
});

describe('an update that makes the adapter NaN', () => {
  it('is not stored, although its loss was a number', async () => {
    const store = new MemoryStore();
    const policy = new ScriptedPolicy();
    const state = policy.state.bind(policy);
    policy.state = async (arm) => {
      const { weights, ...rest } = await state(arm);
      return { ...rest, weights: weights.map((x, i) => (rest.step === 2 && i === 1 ? Number.NaN : x)) };
    };
    await expect(finish(parts({}, { store, policy }))).rejects.toMatchObject({ code: 'not-finite' });
    const head = await store.head('r', 'direct');
    expect(head?.step).toBe(1);
    expect(head?.state.weights.every(Number.isFinite)).toBe(true);
  });
});

describe('an iteration without pairs', () => {
  it('trains nothing, saves the adapter, and is evaluated', async () => {
    const store = new MemoryStore();
    const its = parts(
      { malformedShare: 0 },
      { store },
      { score: async ({ responses }) => ({ scores: responses.map(() => 1), detail: '' }) },
    );
    await finish(its);
    const detail = await store.detail('r');
    expect(detail?.steps).toEqual([]);
    expect(detail?.evaluations.map(({ iteration }) => iteration)).toEqual([0, 1]);
    expect(detail?.iterations).toMatchObject([{ pairs: 0, noPair: { 'all-equal': 4 } }]);
    expect(detail?.warnings.map(({ code }) => code)).toContain('few-pairs');
    expect(await store.iterationAdapter('r', 'direct', 1)).toEqual(
      (await its.policy.initialState('direct', base.seed)).weights,
    );
  });
});

describe('malformed rejected candidates', () => {
  it('are allowed to the first prompts by position, up to their share', async () => {
    // Only the first two candidates end.
    const policy = new ScriptedPolicy({ order: (positions) => [...positions].reverse() });
    const generate = policy.generate.bind(policy);
    policy.generate = (arm, requests, sampling, on, signal) =>
      generate(
        arm,
        requests,
        sampling,
        {
          ...on,
          prompt: (position, completions, counts) =>
            on.prompt(
              position,
              completions.map((completion, i) => ({
                tokens: [65 + i, 0],
                ended: completion.tokens.length > 0 && i < 2,
              })),
              counts,
            ),
        },
        signal,
      );
    const judge = {
      score: async ({ responses }: { responses: readonly string[] }) => ({
        scores: responses.map((_, i) => i),
        detail: '',
      }),
    };
    const store = new MemoryStore();
    await finish(parts({ malformedShare: 0.5 }, { store, policy }, judge));
    const rollouts = await store.rollouts('r', { purpose: 'train' });
    expect(rollouts.map(({ pair }) => pair && 'chosen' in pair && pair.rejectedMalformed)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
