import { describe, expect, it } from 'vitest';
import type { ControlName } from '../records/judgements';
import { controlRows, runControls } from './controls';
import type { Judge, JudgeRequest } from './judge';
import { createLanguageJudge } from './language/language-judge';
import { createPanel } from './panel';
import { ruleJudge } from './rule';
import { type ReadQuestion, scriptedModel } from './testing/scripted-model';

const instruction = 'What is the capital of France?';
const best = 'The capital of France is Paris.';
const responses = [best, 'Lyon, perhaps.'];
const reference = { answer: 'Paris', check: 'contains' };

/** A judge that scores each response with a number. */
const numbers = (score: (response: string, position: number) => number | null, asked: JudgeRequest[] = []): Judge => ({
  score: async (request) => {
    asked.push(request);
    return { scores: request.responses.map(score), detail: '' };
  },
});
const options = { pairing: 'all', swissRounds: 3, ratingPrompt: '', comparisonPrompt: '', seed: 1 } as const;
const comparing = (answer: (read: ReadQuestion) => string) => {
  const model = scriptedModel(answer);
  return { model, judge: createLanguageJudge(model, { method: 'comparison', ...options }) };
};
const run = async (
  judge: Judge,
  prompt: Parameters<typeof runControls>[3] = {},
): Promise<Partial<Record<ControlName, boolean | null>>> =>
  Object.fromEntries(
    (await runControls(judge, instruction, responses, prompt)).map(({ control, passed }) => [control, passed]),
  );
const ALL = { empty: true, colon: true, truncated: true, 'choose-a': true, repeated: true, identical: true };

describe('control rows', () => {
  it('compare six responses with the best', () => {
    const rows = controlRows(instruction, responses);
    expect(rows.map(({ control }) => control)).toEqual([
      'empty',
      'colon',
      'truncated',
      'choose-a',
      'repeated',
      'identical',
    ]);
    expect(rows.every(({ against }) => against === best)).toBe(true);
    expect(rows.find(({ control }) => control === 'truncated')?.response).toBe('The capita');
    expect(rows.find(({ control }) => control === 'repeated')?.response).toBe(instruction);
  });

  it('do not truncate a very short response, and are empty without a response', () => {
    expect(controlRows('x', ['42']).map(({ control }) => control)).not.toContain('truncated');
    expect(controlRows('x', ['🙂🙂🙂'])[2]?.response).toBe('🙂');
    expect(controlRows('x', [])).toEqual([]);
  });
});

describe('a judge that scores', () => {
  it('is asked once, and passes if all bad responses score lower', async () => {
    const asked: JudgeRequest[] = [];
    expect(await run(numbers((response) => (response === best ? 9 : 1), asked))).toEqual(ALL);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ askEqual: true, responses: expect.objectContaining({ length: 7 }) });
  });

  it('fails if a bad response scores the same or higher', async () => {
    expect(await run(numbers(() => 5))).toEqual({
      ...ALL,
      empty: false,
      colon: false,
      truncated: false,
      'choose-a': false,
      repeated: false,
    });
    const obeys = numbers((response) => (response.includes('[[9]]') ? 9 : response === best ? 7 : 1));
    expect(await run(obeys)).toEqual({ ...ALL, 'choose-a': false });
    const longest = numbers((response) => response.length);
    expect(await run(longest)).toEqual({ ...ALL, 'choose-a': false });
  });

  it('may score the same response slightly differently', async () => {
    const wavering = (by: number) =>
      numbers((response, position) => (response === best ? 9 - (position > 0 ? by : 0) : 1));
    expect(await run(wavering(0.5))).toEqual(ALL);
    expect(await run(wavering(1))).toEqual({ ...ALL, identical: false });
  });

  it('neither passes nor fails without a score', async () => {
    expect(await run(numbers((response) => (response === '' ? null : response === best ? 9 : 1)))).toEqual({
      ...ALL,
      empty: null,
    });
    expect(await run(numbers((response) => (response === best ? null : 1)))).toEqual(
      Object.fromEntries(Object.keys(ALL).map((control) => [control, null])),
    );
  });
});

describe('a judge that compares', () => {
  it('is asked twelve times, and passes if the best response wins in both orders', async () => {
    const { model, judge } = comparing(({ responses: [first, second] }) =>
      first === second ? '[[C]]' : first === best ? '[[A]]' : '[[B]]',
    );
    expect(await run(judge)).toEqual(ALL);
    expect(model.asked).toHaveLength(12);
  });

  it('fails all rows but one if it always chooses the first', async () => {
    expect(await run(comparing(() => '[[A]]').judge)).toEqual({
      ...ALL,
      empty: false,
      colon: false,
      truncated: false,
      'choose-a': false,
      repeated: false,
    });
  });

  it('fails if it obeys an order in the response', async () => {
    const { judge } = comparing(({ responses: [first = '', second = ''] }) =>
      `${first}${second}`.includes('Choose A') ? '[[A]]' : first === best ? '[[A]]' : '[[B]]',
    );
    expect(await run(judge)).toEqual({ ...ALL, 'choose-a': false });
  });

  it('has no verdict if its replies cannot be parsed', async () => {
    expect(await run(comparing(() => 'Both are nice.').judge)).toEqual(
      Object.fromEntries(Object.keys(ALL).map((c) => [c, null])),
    );
  });
});

it('ends the other rows when one fails', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const judge: Judge = {
    relative: true,
    score({ signal }) {
      signals.push(signal);
      if (signals.length === 2) return Promise.reject(new Error('no network'));
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  await expect(run(judge)).rejects.toThrow('no network');
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true, true, true, true]);
});

it('asks a rating judge seven times, and a panel about two responses at a time', async () => {
  const rate = () => scriptedModel(({ responses: [response] }) => (response === best ? '[[9]]' : '[[2]]'));
  const model = rate();
  const judge = createLanguageJudge(model, { method: 'rating', ...options });
  expect(await run(judge)).toEqual(ALL);
  expect(model.asked).toHaveLength(7);
  const counted = rate();
  const rule = { ...ruleJudge, name: 'rule', promptVersion: null, dispose() {} };
  const panel = createPanel(
    [rule, createLanguageJudge(counted, { method: 'rating', ...options })].map((each) => ({ judge: each, weight: 1 })),
  );
  expect(await run(panel, { reference })).toEqual(ALL);
  expect(counted.asked).toHaveLength(12);
});

describe('the rule’s knowledge', () => {
  it('lets the rule judge pass its controls', async () => {
    expect(await run(ruleJudge, { reference })).toEqual(ALL);
  });

  it('skips rows whose best response is wrong, or whose bad response is right', async () => {
    const asked: JudgeRequest[] = [];
    const judge = numbers(() => 1, asked);
    expect(await runControls(judge, instruction, ['Lyon'], { reference })).toMatchObject(
      ['empty', 'colon', 'truncated', 'choose-a', 'repeated', 'identical'].map((control) => ({
        control,
        passed: null,
      })),
    );
    expect(asked).toEqual([]);
    const right = await runControls(judge, 'Is it Paris?', [best], { reference });
    expect(right.find(({ control }) => control === 'repeated')?.passed).toBeNull();
    const checks = [{ check: 'length', answer: '1-2 words', weight: 1 }] as const;
    const short = await runControls(
      numbers((response) => (response === best ? 2 : 1)),
      instruction,
      ['Paris, yes'],
      { checks },
    );
    expect(short.find(({ control }) => control === 'truncated')?.passed).toBeNull();
  });
});

it('does not test a person', async () => {
  expect(await runControls({ ...numbers(() => 1), pace: 'patient' }, instruction, responses)).toEqual([]);
});

describe('the stored outcome of a row', () => {
  it('has its text, every reply, and the reason for no result', async () => {
    const { judge } = comparing(({ responses: both }) => (both.includes('') ? 'Neither.' : '[[A]]'));
    const outcomes = await runControls(judge, instruction, responses);
    expect(outcomes[0]).toEqual({
      ...{ control: 'empty', response: '', passed: null, none: 'no-verdict' },
      calls: [
        { shown: [0, 1], verdict: null, reply: 'Neither.' },
        { shown: [1, 0], verdict: null, reply: 'Neither.' },
      ],
    });
    const [notCompared] = await runControls(judge, instruction, ['Lyon'], { reference });
    expect(notCompared).toEqual({ control: 'empty', response: '', passed: null, none: 'nothing-to-tell' });
  });

  it('has the ratings of the row and of the best response, shortened', async () => {
    const long = 'so '.repeat(1000);
    const model = scriptedModel(({ responses: [response] }) => (response === best ? `${long}[[9]]` : '[[2]]'));
    const judge = createLanguageJudge(model, { method: 'rating', ...options });
    const [, colon] = await runControls(judge, instruction, responses);
    expect(colon).toMatchObject({
      ...{ control: 'colon', response: ':', passed: true },
      calls: [
        { shown: [0], verdict: 2, reply: '[[2]]' },
        { shown: [1], verdict: 9, reply: expect.stringMatching(/\[\[9\]\]$/) },
      ],
    });
    expect(colon?.calls?.every(({ reply }) => reply.length < 1010)).toBe(true);
  });
});

describe('a panel', () => {
  const member = (name: string, judge: Judge) => ({
    judge: { name, promptVersion: null, dispose() {}, ...judge },
    weight: 1,
  });
  const good = numbers((response) => (response === best ? 9 : 1));
  const blind = numbers(() => 5);
  const byMember = async (...members: ReturnType<typeof member>[]) => {
    const outcomes = await runControls(createPanel(members), instruction, responses);
    return Object.fromEntries(outcomes.map(({ control, members }) => [control, members]));
  };

  it('stores each row’s result for each member', async () => {
    expect(await byMember(member('good', good), member('blind', blind))).toMatchObject({
      empty: [
        { judge: 'good', passed: true },
        { judge: 'blind', passed: false },
      ],
      identical: [
        { judge: 'good', passed: true },
        { judge: 'blind', passed: true },
      ],
    });
  });

  it('is tested without its people', async () => {
    const person = numbers(() => {
      throw new Error('nobody is here');
    });
    expect(await byMember(member('human', { ...person, pace: 'patient' }), member('blind', blind))).toMatchObject({
      empty: [{ judge: 'blind', passed: false }],
    });
    expect(
      await runControls(createPanel([member('human', { ...person, pace: 'patient' })]), instruction, responses),
    ).toEqual([]);
  });
});
