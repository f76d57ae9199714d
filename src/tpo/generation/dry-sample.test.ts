import { describe, expect, it } from 'vitest';
import type { DryProgress } from '../../records/candidates';
import type { Prompt } from '../../records/prompts';
import { Loop } from '../loop';
import { LoopFixture, RECIPE } from '../testing/loop-fixture';
import { ScriptedPolicy } from '../testing/scripted-policy';
import { drySample } from './dry-sample';

const recipe = { ...RECIPE, iterations: 1, promptsPerIteration: 12, maxNewTokens: 120 };
const fixture = new LoopFixture(recipe);

async function sampleOf(
  change: Partial<typeof recipe> = {},
  policy = new ScriptedPolicy(),
  signal = new AbortController().signal,
) {
  const { prompts } = fixture.setup(await fixture.newStore()).parts;
  const reports: DryProgress[] = [];
  let now = 0;
  const hooks = { progress: (progress: DryProgress) => reports.push(progress), now: () => (now += 5) };
  return { sample: await drySample(policy, { ...recipe, ...change }, prompts, hooks, signal), reports };
}

describe('a dry sample', () => {
  it('equals what the run will generate: its first prompts, each with its first candidate', async () => {
    const store = await fixture.newStore();
    const loop = await Loop.open(fixture.setup(store).parts);
    // Both evaluations of two prompts and their ends, then the first iteration's candidates.
    while ((await store.rollouts('r', { purpose: 'train' })).length < 12) await loop.step();
    const rollouts = (await store.rollouts('r', { purpose: 'train' })).slice(0, 8);
    const { sample } = await sampleOf();
    expect(sample.completions.map(({ promptId, instruction }) => [promptId, instruction])).toEqual(
      rollouts.map(({ prompt }) => [prompt.id, prompt.instruction]),
    );
    const first = rollouts.flatMap(({ candidates }) => candidates.slice(0, 1));
    expect(
      sample.completions.map(({ text, thought, response, malformed }) => [text, thought, response, malformed]),
    ).toEqual(first.map(({ text, thought, response, malformed }) => [text, thought, response, malformed]));
    expect(sample.completions.map(({ tokens }) => tokens)).toEqual(first.map(({ tokens }) => tokens.length));
    expect(sample).toMatchObject({ arm: 'thinking', limit: 120 });
    expect(sample.malformed).toBe(first.filter(({ malformed }) => malformed !== null).length);
    expect(sample.meanTokens).toBeCloseTo(first.reduce((sum, { tokens }) => sum + tokens.length, 0) / 8);
  });

  it('takes all prompts of a small set, and the direct arm if there is no other', async () => {
    const one: Prompt[] = [{ id: 'only', instruction: 'why?' }];
    const hooks = { progress: () => {}, now: () => 0 };
    const { signal } = new AbortController();
    const direct = { ...recipe, arms: ['direct' as const] };
    const sample = await drySample(new ScriptedPolicy(), direct, one, hooks, signal);
    expect(sample).toMatchObject({ arm: 'direct', limit: recipe.maxNewTokensDirect, tokensPerSecond: null });
    expect(sample.completions).toMatchObject([{ promptId: 'only', thought: '' }]);
    await expect(drySample(new ScriptedPolicy(), recipe, [], hooks, signal)).rejects.toMatchObject({
      code: 'bad-prompts',
    });
  });

  it('reports its progress and its speed', async () => {
    const { sample, reports } = await sampleOf();
    expect(reports[0]).toMatchObject({ phase: 'generate', done: 0, total: 8, tokens: 0 });
    const last = reports.at(-1);
    expect(last).toMatchObject({ done: 8, tokens: sample.completions.reduce((sum, { tokens }) => sum + tokens, 0) });
    expect(sample.tokensPerSecond).toBeGreaterThan(0);
  });

  it('ends when it is cancelled', async () => {
    const abort = new AbortController();
    let prompts = 0;
    const policy = new ScriptedPolicy({ before: () => void (++prompts === 3 && abort.abort()) });
    await expect(sampleOf({}, policy, abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(policy.generated).toHaveLength(2);
  });
});

describe('the finding of a dry sample', () => {
  const findings = async (change: Partial<typeof recipe>) => (await sampleOf(change)).sample;

  it('names the reasons, the most frequent first', async () => {
    const { finding, malformed, advice, field } = await findings({});
    expect(malformed).toBeGreaterThan(0);
    expect(malformed).toBeLessThanOrEqual(4);
    expect(finding).toMatch(/^\d of 8 malformed: \d (without the response marker|not ended after 120 tokens)/);
    expect([advice, field]).toEqual([null, null]);
  });

  it('says so if all completions are well-formed', async () => {
    const sample = await findings({ arms: ['direct'], maxNewTokensDirect: 80, seed: 1 });
    expect(sample).toMatchObject({ malformed: 0, finding: 'All 8 are well-formed.', advice: null, field: null });
  });

  it('advises another format if markers are missing, and says that a warm-up would not help', async () => {
    const sample = await findings({ responseMarker: '<never>' });
    expect(sample).toMatchObject({ malformed: 8, field: 'format' });
    expect(sample.advice).toContain('a warm-up would find little to imitate');
  });

  it('advises a higher limit if completions do not end', async () => {
    const sample = await findings({ maxNewTokens: 5 });
    expect(sample).toMatchObject({
      malformed: 8,
      field: 'maxNewTokens',
      finding: '8 of 8 malformed: 8 not ended after 5 tokens.',
      advice: expect.stringContaining('first allow longer completions or choose another thought prompt'),
    });
    expect(await findings({ arms: ['direct'], maxNewTokensDirect: 5 })).toMatchObject({ field: 'maxNewTokensDirect' });
  });
});
