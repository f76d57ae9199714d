import { describe, expect, it } from 'vitest';
import type { ControlName } from '../records/judgements';
import { controlRows, runControls } from './controls';
import type { Judge, JudgeRequest } from './judge';
import { createLanguageJudge } from './language/language-judge';
import { createPanel } from './panel';
import { ruleJudge } from './rule';
import { type Read, scriptedModel } from './testing/scripted-model';

const instruction = 'What is the capital of France?';
const best = 'The capital of France is Paris.';
const responses = [best, 'Lyon, perhaps.'];
const reference = { answer: 'Paris', check: 'contains' };

/** A judge that gives numbers. */
const numbers = (score: (response: string, position: number) => number | null, asked: JudgeRequest[] = []): Judge => ({
  score: async (request) => {
    asked.push(request);
    return { scores: request.responses.map(score), detail: '' };
  },
});
const options = { pairing: 'all', swissRounds: 3, ratingPrompt: '', comparisonPrompt: '', seed: 1 } as const;
const comparing = (answer: (read: Read) => string) => {
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

describe('the rows', () => {
  it('hold six responses against the best', () => {
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

  it('cut nothing off what is nearly nothing, and are none without a response', () => {
    expect(controlRows('x', ['42']).map(({ control }) => control)).not.toContain('truncated');
    expect(controlRows('x', ['🙂🙂🙂'])[2]?.response).toBe('🙂');
    expect(controlRows('x', [])).toEqual([]);
  });
});

describe('a judge that gives numbers', () => {
  it('is asked once, and passes when all that is bad scores lower', async () => {
    const asked: JudgeRequest[] = [];
    expect(await run(numbers((response) => (response === best ? 9 : 1), asked))).toEqual(ALL);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ askEqual: true, responses: expect.objectContaining({ length: 7 }) });
  });

  it('fails where what is bad scores the same or higher', async () => {
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

  it('may score the same response a little differently, not much', async () => {
    const wavering = (by: number) =>
      numbers((response, position) => (response === best ? 9 - (position > 0 ? by : 0) : 1));
    expect(await run(wavering(0.5))).toEqual(ALL);
    expect(await run(wavering(1))).toEqual({ ...ALL, identical: false });
  });

  it('has neither passed nor failed what it is silent on', async () => {
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
  it('is asked twelve times, and passes when the best wins in both orders', async () => {
    const { model, judge } = comparing(({ responses: [first, second] }) =>
      first === second ? '[[C]]' : first === best ? '[[A]]' : '[[B]]',
    );
    expect(await run(judge)).toEqual(ALL);
    expect(model.asked).toHaveLength(12);
  });

  it('fails all but one where it always picks the first', async () => {
    expect(await run(comparing(() => '[[A]]').judge)).toEqual({
      ...ALL,
      empty: false,
      colon: false,
      truncated: false,
      'choose-a': false,
      repeated: false,
    });
  });

  it('fails the response that orders it, where it obeys', async () => {
    const { judge } = comparing(({ responses: [first = '', second = ''] }) =>
      `${first}${second}`.includes('Choose A') ? '[[A]]' : first === best ? '[[A]]' : '[[B]]',
    );
    expect(await run(judge)).toEqual({ ...ALL, 'choose-a': false });
  });

  it('has no verdict where its replies do not parse', async () => {
    expect(await run(comparing(() => 'Both are nice.').judge)).toEqual(
      Object.fromEntries(Object.keys(ALL).map((c) => [c, null])),
    );
  });
});

it('a row that fails ends the others', async () => {
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

it('a rating judge is asked seven times, a panel about two at a time', async () => {
  const rate = () => scriptedModel(({ responses: [response] }) => (response === best ? '[[9]]' : '[[2]]'));
  const model = rate();
  const judge = createLanguageJudge(model, { method: 'rating', ...options });
  expect(await run(judge)).toEqual(ALL);
  expect(model.asked).toHaveLength(7);
  const seat = rate();
  const rule = { ...ruleJudge, name: 'rule', promptVersion: null, dispose() {} };
  const panel = createPanel(
    [rule, createLanguageJudge(seat, { method: 'rating', ...options })].map((each) => ({ judge: each, weight: 1 })),
  );
  expect(await run(panel, { reference })).toEqual(ALL);
  expect(seat.asked).toHaveLength(12);
});

describe('what the rule knows', () => {
  it('the rule passes its own controls', async () => {
    expect(await run(ruleJudge, { reference })).toEqual(ALL);
  });

  it('nothing is held against a wrong response, and nothing is bad that is right', async () => {
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

it('a person is not tested', async () => {
  expect(await runControls({ ...numbers(() => 1), pace: 'patient' }, instruction, responses)).toEqual([]);
});

describe('what is kept of a row', () => {
  it('is its text, every reply, and why it tells nothing', async () => {
    const { judge } = comparing(({ responses: both }) => (both.includes('') ? 'Neither.' : '[[A]]'));
    const outcomes = await runControls(judge, instruction, responses);
    expect(outcomes[0]).toEqual({
      ...{ control: 'empty', response: '', passed: null, none: 'no-verdict' },
      calls: [
        { shown: [0, 1], verdict: null, reply: 'Neither.' },
        { shown: [1, 0], verdict: null, reply: 'Neither.' },
      ],
    });
    const [unheld] = await runControls(judge, instruction, ['Lyon'], { reference });
    expect(unheld).toEqual({ control: 'empty', response: '', passed: null, none: 'nothing-to-tell' });
  });

  it('of ratings is the row’s own and the best response’s, cut', async () => {
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
  const seat = (name: string, judge: Judge) => ({
    judge: { name, promptVersion: null, dispose() {}, ...judge },
    weight: 1,
  });
  const good = numbers((response) => (response === best ? 9 : 1));
  const blind = numbers(() => 5);
  const byMember = async (...seats: ReturnType<typeof seat>[]) => {
    const outcomes = await runControls(createPanel(seats), instruction, responses);
    return Object.fromEntries(outcomes.map(({ control, members }) => [control, members]));
  };

  it('keeps what came of each row before each of its members', async () => {
    expect(await byMember(seat('good', good), seat('blind', blind))).toMatchObject({
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

  it('with a person is tested without that person', async () => {
    const person = numbers(() => {
      throw new Error('nobody is here');
    });
    expect(await byMember(seat('human', { ...person, pace: 'patient' }), seat('blind', blind))).toMatchObject({
      empty: [{ judge: 'blind', passed: false }],
    });
    expect(
      await runControls(createPanel([seat('human', { ...person, pace: 'patient' })]), instruction, responses),
    ).toEqual([]);
  });
});
