import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startJudge } from '../../../cli/test/judge/server';
import { memory, PATIENT, TestJudge } from '../../../cli/test/judge/test-judge';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { JudgeModel, JudgeQuestion } from '../language/judge-model';
import { createLanguageJudge } from '../language/language-judge';
import { ReplyCache } from '../language/reply-cache';
import { choiceIn } from '../language/verdict';
import { Budget } from './budget';

const RATING: JudgeQuestion = {
  kind: 'rating',
  message: 'How good is “4” as an answer to 2 + 2? Reply with [[1]] to [[9]].',
};
const COMPARISON: JudgeQuestion = {
  kind: 'comparison',
  message: 'Which is better? Reply with [[A]], [[B]] or [[C]].',
};
const KEY = 'sk-secret-0123456789';

let server: Awaited<ReturnType<typeof startJudge>>;
let judge: TestJudge;
beforeAll(async () => {
  server = await startJudge();
});
afterAll(() => server.close());
beforeEach(() => {
  judge = new TestJudge(server.url);
});
afterEach(() => judge.dispose());

const failure = async (asked: Promise<unknown>): Promise<LabError> => {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LabError)) throw new Error(`No LabError: ${error}`);
  expect(error.message).toMatch(/^[^\n]+[.)]$/);
  return error;
};
const ask = (model: JudgeModel, question = RATING, signal?: AbortSignal) => model.ask(question, signal);
const several = (count: number): JudgeQuestion[] =>
  Array.from({ length: count }, (_, i) => ({ ...RATING, message: `Rate ${i}.` }));

const token = (text: string, top: Record<string, number>) => ({
  token: text,
  logprob: top[text] ?? -9,
  top_logprobs: Object.entries(top).map(([each, logprob]) => ({ token: each, logprob })),
});

describe('a question', () => {
  it('is put as every server takes it, and its reply is read', async () => {
    await judge.script({ answers: [{ text: 'Good. [[8]]' }] });
    const model = judge.open({
      model: 'judge',
      given: { key: KEY, headers: { 'HTTP-Referer': 'https://lab.example', 'X-Title': 'Lab' } },
    });
    expect(model).toMatchObject({ name: 'remote judge', concurrency: 4 });
    expect(await ask(model)).toEqual({ text: 'Good. [[8]]' });
    const [list, question] = (await judge.traffic()).seen;
    expect(list).toMatchObject({ method: 'GET', path: '/v1/models', headers: { authorization: `Bearer ${KEY}` } });
    expect(question).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${KEY}`, 'http-referer': 'https://lab.example', 'x-title': 'Lab' },
      body: {
        model: 'judge',
        messages: [{ role: 'user', content: RATING.message }],
        temperature: 0,
        max_tokens: 64,
        stream: false,
      },
    });
    expect(question?.body).not.toHaveProperty('logprobs');
  });

  it('of a comparison comes with the probabilities of the verdict', async () => {
    const content = [token('[[', { '[[': -0.1 }), token('A', { A: -0.2, B: -1.8, C: -4 }), token(']]', { ']]': 0 })];
    await judge.script({ answers: [{ text: '[[A]]', logprobs: { content } }] });
    expect(await ask(judge.open(), COMPARISON)).toEqual({ text: '[[A]]', logps: { A: -0.2, B: -1.8 } });
    expect((await judge.questions())[0]?.body).toMatchObject({ logprobs: true, top_logprobs: 10 });
  });

  it('is put without what a server does not take, from then on', async () => {
    await judge.script({ refuses: ['logprobs'], answers: [{ text: '[[B]]' }] });
    const model = judge.open();
    for (const message of ['one', 'two'])
      expect(await ask(model, { kind: 'comparison', message })).toEqual({ text: '[[B]]' });
    expect((await judge.questions()).map(({ body }) => 'logprobs' in (body ?? {}))).toEqual([true, false, false]);
  });

  it('is put without them where a server only errs over them while it computes: once that is sure, from then on', async () => {
    const errs = [{ status: 500 }, { status: 500 }, { text: '[[A]]' }];
    await judge.script({ answers: [...errs, ...errs, { text: '[[A]]' }] });
    const model = judge.open();
    for (const message of ['one', 'two', 'three'])
      expect(await ask(model, { kind: 'comparison', message })).toEqual({ text: '[[A]]' });
    expect((await judge.questions()).map(({ body }) => 'logprobs' in (body ?? {}))).toEqual([
      ...[true, true, false],
      ...[true, true, false],
      false,
    ]);
  });

  it('is put with them again after an error that passed', async () => {
    const logprobs = { content: [token('A', { A: -0.2, B: -1.8 })] };
    const fine = { text: 'A', logprobs };
    await judge.script({
      answers: [{ status: 500 }, fine, { status: 500 }, { status: 500 }, { text: '[[B]]' }, fine],
    });
    const model = judge.open();
    const ways = [];
    for (const message of ['one', 'two', 'three'])
      ways.push('logps' in (await ask(model, { kind: 'comparison', message })));
    expect(ways).toEqual([true, false, true]);
  });

  it('names its limit as reasoning models of OpenAI want it', async () => {
    await judge.script({ refuses: ['max_tokens', 'temperature'] });
    await ask(judge.open());
    expect((await judge.questions()).at(-1)?.body).toEqual({
      model: 'judge',
      messages: [{ role: 'user', content: RATING.message }],
      stream: false,
      max_completion_tokens: 64,
    });
  });

  it('that was asked before is not asked again', async () => {
    await judge.script({ answers: [{ text: '[[1]]' }, { text: '[[2]]' }, { text: '[[3]]' }] });
    const cache = new ReplyCache();
    const model = judge.open({ cache });
    expect([await ask(model), await ask(model), await ask(judge.open({ cache }))].map(({ text }) => text)).toEqual(
      Array(3).fill('[[1]]'),
    );
    expect((await ask(model, { ...RATING, kind: 'comparison' })).text).toBe('[[2]]');
    expect((await ask(judge.open({ cache, replyTokens: 32 }))).text).toBe('[[3]]');
    expect(await judge.questions()).toHaveLength(3);
  });

  it('is asked again where its reply was no verdict, or another server may be behind a header', async () => {
    await judge.script({
      answers: [{ text: 'Well.' }, { text: '[[4]]' }, { text: '[[A]] or [[B]]' }, { text: '[[9]]' }],
    });
    const cache = new ReplyCache();
    const model = judge.open({ cache });
    expect([(await ask(model)).text, (await ask(model)).text, (await ask(model)).text]).toEqual([
      'Well.',
      '[[4]]',
      '[[4]]',
    ]);
    await ask(model, COMPARISON);
    expect((await ask(model, COMPARISON)).text).toBe('[[9]]');
    const other = judge.open({ cache, given: { key: '', headers: { 'X-Title': 'Other' } } });
    expect((await ask(other)).text).toBe('[[9]]');
    expect(await judge.questions()).toHaveLength(5);
  });

  it('is waited for while a slow server is at it', async () => {
    await judge.script({ slow: 300, answers: [{ slow: 300, text: '[[6]]' }] });
    const model = judge.open({ patience: { ...PATIENT, callMs: 2000 } });
    expect((await ask(model)).text).toBe('[[6]]');
    expect(await judge.questions()).toHaveLength(1);
  });

  it('is one of no more than the recipe allows at once', async () => {
    await judge.script({ slow: 60, answers: [{ text: '[[A]]' }] });
    for (const concurrency of [3, 1]) {
      const asked = createLanguageJudge(judge.open({ concurrency }), { ...PRESETS.quick, method: 'comparison' });
      const { calls = [] } = await asked.score({ instruction: `Of ${concurrency}.`, responses: ['a', 'b', 'c'] });
      expect(calls).toHaveLength(6);
      expect((await judge.traffic()).most).toBe(concurrency);
      await judge.script({ slow: 60, answers: [{ text: '[[A]]' }] });
    }
  });
});

describe('a question that the server will not answer', () => {
  const error = (status: number, message: string, more: object = {}) => ({
    status,
    json: { error: { message, ...more } },
  });
  it.each([
    ['of llama.cpp', error(400, 'the request exceeds the available context size, try increasing it')],
    [
      'of vLLM',
      { status: 400, json: { object: 'error', message: "This model's maximum context length is 2048 tokens." } },
    ],
    ['by name', error(400, 'no', { code: 'context_length_exceeded' })],
    ['of text-generation-inference', error(422, 'Input validation error: `inputs` must have less than 1024 tokens')],
    ['by size', { status: 413, body: 'Payload too large', type: 'text/plain' }],
    ['moderated', error(403, 'Your input was flagged')],
    ['filtered by Azure', error(400, 'The response was filtered', { code: 'content_filter' })],
    ['told late', { json: { error: { code: 403, message: 'Input flagged by moderation' } } }],
  ])('gets no verdict, and its words: %s', async (_, refusal) => {
    await judge.script({ answers: [refusal, { text: '[[8]]' }] });
    const model = judge.open();
    const { text, logps } = await ask(model, COMPARISON);
    expect(text).toMatch(/^\(not answered: 127\.0\.0\.1:\d+ refuses the question, status 4\d\d.*\)$/);
    expect(logps).toBeUndefined();
    expect((await ask(model)).text).toBe('[[8]]');
    expect(await judge.questions()).toHaveLength(2);
  });

  it('holds no verdict, whatever its words repeat', async () => {
    await judge.script({ answers: [error(400, 'context length exceeded by: Reply with [[A]]')] });
    const { text } = await ask(judge.open(), COMPARISON);
    expect(text).toContain('Reply with A');
    expect(choiceIn(text)).toBeNull();
  });

  it('is told from others by what was taken before', async () => {
    const answers = [
      error(400, 'cannot do this'),
      { text: '[[8]]' },
      error(400, 'cannot do this'),
      error(400, 'no credit left'),
    ];
    await judge.script({ answers });
    const model = judge.open();
    await failure(ask(model));
    expect((await ask(model)).text).toBe('[[8]]');
    const [one, two, three] = several(3);
    expect((await ask(model, one)).text).toContain('not answered');
    expect((await failure(ask(model, two))).message).toContain('no credit left');
    expect((await failure(ask(model, three))).message).toContain('no credit left');
  });

  it('does not halt a judgement, and counts for nobody', async () => {
    await judge.script({ answers: [error(400, 'prompt is too long'), { text: '[[3]]' }] });
    const asked = createLanguageJudge(judge.open({ concurrency: 1 }), { ...PRESETS.quick, method: 'rating' });
    const { scores, calls = [], detail } = await asked.score({ instruction: 'Add.', responses: ['a', 'b'] });
    expect(scores).toEqual([null, 3]);
    expect(calls[0]?.reply).toContain('prompt is too long');
    expect(detail).toContain('1 of 2 replies were no verdict');
  });
});

describe('a server that is in trouble for a while is waited for', () => {
  it.each([
    ['busy', { status: 429 }],
    ['busy, and says until when', { status: 429, headers: { 'retry-after': '0' } }],
    ['overloaded', { status: 503 }],
    ['broken behind a proxy', { status: 502, body: '<html>502</html>', type: 'text/html' }],
    ['overloaded at the model’s provider', { json: { error: { code: 502, message: 'no provider' } } }],
    ['cut off in the middle', { cut: 30 }],
    ['not speaking JSON', { body: '{"choices":[', type: 'text/event-stream' }],
    ['giving no choice', { json: { choices: [], usage: {} } }],
    ['giving a message without a shape', { json: { choices: [{ message: 'hello' }] } }],
  ])('%s', async (_, fault) => {
    await judge.script({ answers: [fault, fault, { text: '[[5]]' }] });
    expect((await ask(judge.open())).text).toBe('[[5]]');
    expect(await judge.questions()).toHaveLength(3);
  });

  it('and gone for a moment, where it was there before', async () => {
    await judge.script({ answers: [{ text: '[[4]]' }, { cut: 0 }, { cut: 0 }, { text: '[[5]]' }] });
    const model = judge.open();
    await ask(model);
    expect((await ask(model, COMPARISON)).text).toBe('[[5]]');
  });

  it('as long as it says, by every call', async () => {
    await judge.script({ answers: [{ status: 429, headers: { 'retry-after': '1' } }, { text: '[[5]]' }] });
    const model = judge.open({ concurrency: 2 });
    const begun = performance.now();
    await ask(model);
    await ask(model, COMPARISON);
    expect(performance.now() - begun).toBeGreaterThan(990);
  });

  it('until a date', async () => {
    const date = new Date(Date.now() + 2000).toUTCString();
    await judge.script({ answers: [{ status: 503, headers: { 'retry-after': date } }, { text: '[[5]]' }] });
    const begun = Date.now();
    expect((await ask(judge.open({ patience: { ...PATIENT, longestPauseMs: 5000 } }))).text).toBe('[[5]]');
    expect(Date.now() - begun).toBeGreaterThan(900);
  });

  it('no less than without it, where it says that it need not be', async () => {
    await judge.script({
      answers: [...Array(3).fill({ status: 429, headers: { 'retry-after': '0' } }), { text: '[[5]]' }],
    });
    const begun = performance.now();
    await ask(judge.open({ patience: { ...PATIENT, firstPauseMs: 100 } }));
    // At least half of 100, 200 and 400.
    expect(performance.now() - begun).toBeGreaterThan(340);
  });

  it('but not for an hour', async () => {
    await judge.script({ answers: [{ status: 429, headers: { 'retry-after': '3600' } }] });
    expect(await failure(ask(judge.open()))).toMatchObject({
      message: expect.stringContaining('takes no more requests for now'),
      advice: expect.stringContaining('Wait 60 minutes'),
    });
    expect(await judge.questions()).toHaveLength(1);
  });
});

describe('what goes wrong is one sentence with a way out', () => {
  it.each([
    ['always busy', { answers: [{ status: 429 }] }, 'takes no more requests for now (status 429)', 'Wait a while', 4],
    [
      'always broken',
      { answers: [{ status: 500 }] },
      'answers with an error (status 500): no',
      'Look at what the server',
      4,
    ],
    ['cut every time', { answers: [{ cut: 30 }] }, 'broke before its answer had come', 'Check the connection', 4],
    ['never JSON', { answers: [{ body: 'ok', type: 'text/plain' }] }, 'it is not JSON', 'OpenAI-compatible', 3],
    ['JSON too deep', { answers: [{ body: '['.repeat(500_000) }] }, 'it is not JSON', 'OpenAI-compatible', 3],
    [
      'deep JSON that is none of it',
      { answers: [{ body: `${'['.repeat(200_000)}${']'.repeat(200_000)}` }] },
      'it holds no reply',
      'OpenAI-compatible',
      3,
    ],
    ['no choices ever', { answers: [{ json: { choices: [] } }] }, 'it holds no reply', 'OpenAI-compatible', 3],
    [
      'a web page',
      { answers: [{ body: '<!doctype html><title>Log in</title>', type: 'text/html' }] },
      'a web page came',
      'log-in page',
      1,
    ],
    ['a web page that says it is JSON', { answers: [{ body: ' <html>' }] }, 'a web page came', 'log-in page', 1],
    ['no credit', { answers: [{ status: 402 }] }, 'asks for payment', 'Add credit', 1],
    [
      'no credit, told late',
      { answers: [{ json: { error: { code: 402, message: 'no credit' } } }] },
      'asks for payment',
      'Add credit',
      1,
    ],
    [
      'an account that is barred',
      { answers: [{ status: 403, json: { error: { message: 'Your account was flagged' } } }] },
      'asks for a key (status 403).',
      'Enter it',
      1,
    ],
    [
      'too long a reply',
      { answers: [{ status: 400, json: { error: { message: 'max_tokens is too large\n\u0000 by 3.' } } }] },
      'refuses the question (status 400): max_tokens is too large by 3.',
      'longest reply',
      1,
    ],
    [
      'told by vLLM',
      { answers: [{ status: 400, json: { object: 'error', message: 'no way' } }] },
      '(status 400): no way.',
      'another model',
      1,
    ],
    [
      'told by FastAPI',
      { answers: [{ status: 422, json: { detail: 'no' } }] },
      '(status 422): no.',
      'another model',
      1,
    ],
    ['a redirect', { answers: [{ redirect: 'same' }] }, 'leads to another address', 'Enter the address', 1],
    [
      'a redirect to another host',
      { answers: [{ redirect: 'other' }] },
      'leads to another address',
      'Enter the address',
      1,
    ],
    ['no end', { answers: [{ huge: 2 ** 40 }] }, 'its answer is larger than 8 MiB', 'OpenAI-compatible', 1],
    ['another model', { models: ['small', 'large'] }, 'has no model judge', 'It offers small, large: name one', 0],
    [
      'another model, not listed',
      { models: null, answers: [{ status: 404, json: { error: { message: 'model not found' } } }] },
      'no OpenAI-compatible server at',
      '/v1',
      1,
    ],
    [
      'another model, by 400',
      { models: null, answers: [{ status: 400, json: { error: { message: 'The model judge is not found' } } }] },
      'has no model judge',
      'Check the name',
      1,
    ],
    [
      'another of many models',
      { models: Array.from({ length: 40 }, (_, i) => `m${i}`) },
      'has no model judge',
      'm11, and 28 more: name one',
      1,
    ],
    ['no model at all', { models: [] }, 'has no model judge', 'load one there first', 0],
  ] as const)('%s', async (_, script, says, advises, calls) => {
    await judge.script(script);
    const error = await failure(ask(judge.open()));
    expect(error).toMatchObject({
      code: 'judge-failed',
      message: expect.stringContaining(says),
      advice: expect.stringContaining(advises),
    });
    expect(await judge.questions()).toHaveLength(calls);
    // Nothing followed a redirect.
    expect((await judge.traffic()).seen.every(({ host }) => host === 'judge')).toBe(true);
  });

  it('where no model is named', async () => {
    await judge.script({ models: ['small'] });
    expect(await failure(ask(judge.open({ model: '' })))).toMatchObject({
      message: expect.stringMatching(/^No model of 127.* is named\.$/),
      advice: 'It offers small: name one of them.',
    });
  });

  it('where nothing comes', async () => {
    await judge.script({ answers: [{ hang: 20 }] });
    const model = judge.open({ patience: { ...PATIENT, callMs: 100 } });
    expect(await failure(ask(model))).toMatchObject({
      message: expect.stringContaining('gave no answer in 0.1 seconds'),
    });
    expect(await judge.questions()).toHaveLength(2);
  });

  it('where not even its models come', async () => {
    await judge.script({ list: { hang: 5 } });
    const asked = ask(judge.open({ patience: { ...PATIENT, callMs: 100 } }));
    expect(await failure(asked)).toMatchObject({ message: expect.stringContaining('gave no answer in 0.1 seconds') });
  });

  it('where nothing is there', async () => {
    expect(await failure(ask(judge.open({ url: 'http://127.0.0.1:9/v1' })))).toMatchObject({
      message: '127.0.0.1:9 cannot be reached.',
      advice: 'Start the server there, and check its port, then try again.',
    });
  });

  it('where the address is none', () => {
    expect(() => judge.open({ url: 'http://example.org/v1' })).toThrow(/use https/);
  });

  it('where something else answers', async () => {
    await judge.script({});
    expect(await failure(ask(judge.open({ url: `${judge.url}/v2` })))).toMatchObject({
      message: expect.stringContaining('no OpenAI-compatible server at'),
    });
  });

  it('but not where it does not list its models', async () => {
    for (const list of [{ status: 404 }, { status: 500 }, { json: [] }, { body: 'x' }]) {
      await judge.script({ list });
      expect((await ask(judge.open())).text).toBe('[[7]]');
    }
  });

  it('but not where it has a model under the name with a tag', async () => {
    await judge.script({ list: { json: { data: [{ id: 'judge:latest' }] } }, answers: [{ text: '[[3]]' }] });
    expect((await ask(judge.open())).text).toBe('[[3]]');
  });
});

describe('a key', () => {
  it('is asked for, and refused, in sentences that do not hold it', async () => {
    await judge.script({ key: KEY });
    expect(await failure(ask(judge.open()))).toMatchObject({
      message: expect.stringContaining('asks for a key (status 401)'),
    });
    const wrong = await failure(ask(judge.open({ given: { key: 'sk-wrong-9876543210', headers: {} } })));
    expect(wrong.message).toContain('refuses the key (status 401)');
    expect(JSON.stringify([wrong, wrong.message, wrong.advice, wrong.stack, String(wrong.cause)])).not.toContain(
      '9876543210',
    );
  });

  it('may be entered while the judge is open', async () => {
    await judge.script({ key: KEY });
    let key = '';
    const model = judge.open({ access: async () => ({ key, headers: {} }) });
    await failure(ask(model));
    key = KEY;
    expect((await ask(model)).text).toBe('[[7]]');
  });

  it('is taken out of what a server says', async () => {
    const headers = { 'x-tenant': 'tenant-0123456789' };
    await judge.script({
      answers: [
        { text: `[[2]] ${KEY} tenant-0123456789` },
        { status: 400, json: { error: { message: `bad ${KEY}` } } },
      ],
    });
    const model = judge.open({ given: { key: KEY, headers } });
    expect(await ask(model)).toEqual({ text: '[[2]] ••• •••' });
    expect((await ask(model, { ...RATING, message: 'other' })).text).toContain('bad •••');
    expect((await failure(ask(judge.open({ given: { key: KEY, headers } })))).message).toContain('bad •••');
  });

  it('is taken out before what is long is cut', async () => {
    const padded = (before: number) => ({
      status: 400,
      json: { error: { message: `${'x'.repeat(before)} ${KEY} and on` } },
    });
    await judge.script({ answers: [padded(190), padded(795)] });
    const model = judge.open({ given: { key: KEY, headers: {} } });
    for (const message of ['one', 'two']) {
      expect((await failure(ask(model, { ...RATING, message }))).message).not.toContain(KEY.slice(0, 4));
    }
  });

  it('is taken out of the names of models, which are one line each', async () => {
    await judge.script({ models: [`a\n${KEY}`, 'b'.repeat(250), 'c'] });
    const { advice } = await failure(ask(judge.open({ given: { key: KEY, headers: {} } })));
    expect(advice).toBe(`It offers a •••, ${'b'.repeat(80)}…, c: name one of them.`);
  });

  it('does not follow a redirect', async () => {
    await judge.script({ list: { redirect: 'other' }, answers: [{ redirect: 'other' }] });
    await failure(ask(judge.open({ given: { key: KEY, headers: { 'x-key': KEY } } })));
    expect((await judge.traffic()).seen.filter(({ host }) => host === 'elsewhere')).toEqual([]);
  });
});

describe('a reply', () => {
  it.each([
    ['that was cut off', { text: 'Let me think', finish: 'length' }, 'Let me think … (cut off after 64 tokens)'],
    ['that was cut off before it began', { text: '', finish: 'length' }, '(cut off after 64 tokens)'],
    ['that was withheld', { text: '', finish: 'content_filter' }, '(withheld by the server’s filter)'],
    [
      'in parts',
      {
        json: {
          choices: [
            {
              message: {
                content: [
                  { type: 'text', text: '[[' },
                  { type: 'text', text: '6]]' },
                ],
              },
            },
          ],
        },
      },
      '[[6]]',
    ],
    ['of nothing', { json: { choices: [{ message: { content: null }, finish_reason: 7 }] } }, ''],
    ['under a wrong type', { text: '[[6]]', type: 'application/octet-stream' }, '[[6]]'],
  ])('%s', async (_, answer, text) => {
    await judge.script({ answers: [answer] });
    expect((await ask(judge.open())).text).toBe(text);
  });

  it('is as long as it was allowed to be', async () => {
    await judge.script({ answers: [{ text: 'x'.repeat(1_000_000) }] });
    expect((await ask(judge.open())).text).toHaveLength(64 * 16 + 256);
  });
});

describe('spending', () => {
  it('ends at so many calls, and goes on when the reader does', async () => {
    await judge.script({});
    const budget = new Budget({ calls: 3, tokens: 0 }, judge.record);
    const model = judge.open({ budget });
    const asked = await Promise.allSettled(several(5).map((each) => ask(model, each)));
    expect(asked.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await judge.questions()).toHaveLength(3);
    const error = await failure(ask(model));
    expect(error).toMatchObject({ code: 'judge-limit', message: expect.stringContaining('3 of 3 calls') });
    await budget.renew();
    await Promise.all(
      several(5)
        .slice(0, 5)
        .map((each) => ask(model, each)),
    );
    expect(judge.record.spent).toMatchObject({ calls: 5, renewals: 1 });
  });

  it('is that of the run, whichever page it is in', async () => {
    await judge.script({});
    const limits = { calls: 2, tokens: 0 };
    await ask(judge.open({ limits }), RATING);
    await ask(judge.open({ limits }), COMPARISON);
    expect(await failure(ask(judge.open({ limits })))).toMatchObject({ code: 'judge-limit' });
    expect(await judge.questions()).toHaveLength(2);
  });

  it('ends before the tokens do', async () => {
    await judge.script({ answers: [{ usage: { prompt_tokens: 30, completion_tokens: 10 } }] });
    const model = judge.open({ limits: { calls: 0, tokens: 200 } });
    const asked = await Promise.allSettled(several(9).map((each) => ask(model, each)));
    // Each may take 83: of the text, and 64 of the reply.
    expect(judge.record.spent).toMatchObject({ calls: 3, tokens: 120 });
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await failure(ask(model))).toMatchObject({
      code: 'judge-limit',
      message: expect.stringContaining('120 of 200 tokens'),
    });
  });

  it('believes a server that counts more than was reserved, as hidden thoughts are', async () => {
    await judge.script({ answers: [{ usage: { prompt_tokens: 20, completion_tokens: 900 } }] });
    await ask(judge.open());
    expect(judge.record.spent.tokens).toBe(920);
  });

  it('reserves more for letters that take more', async () => {
    await judge.script({ answers: [{ usage: null }] });
    const limits = { calls: 0, tokens: 64 + 16 + 100 };
    await ask(judge.open({ limits }), { ...RATING, message: 'x'.repeat(400) });
    judge.record.spent = memory().spent;
    const error = await failure(ask(judge.open({ limits }), { ...RATING, message: '漢'.repeat(133) }));
    expect(error).toMatchObject({ code: 'judge-limit', message: expect.stringContaining('may take 280') });
  });

  it('counts calls whose connection broke before anything came, of a server that was there', async () => {
    await judge.script({ answers: [{}, { cut: 0 }, { cut: 0 }, {}] });
    const model = judge.open();
    await ask(model, { ...RATING, message: 'first' });
    const { tokens } = judge.record.spent;
    await ask(model);
    expect(judge.record.spent.calls).toBe(4);
    expect(judge.record.spent.tokens).toBeGreaterThan(tokens + 2 * 64);
  });

  it('holds no place for a call that fell over', async () => {
    const top = Array.from({ length: 200_000 }, (_, i) => ({ token: i % 2 ? 'A' : 'B', logprob: -1 }));
    const content = [{ token: 'A', logprob: -1, top_logprobs: top }];
    await judge.script({ answers: [{ text: 'A', logprobs: { content } }] });
    const model = judge.open({ limits: { calls: 2, tokens: 0 } });
    expect(await ask(model, COMPARISON)).toEqual({ text: 'A', logps: expect.objectContaining({}) });
    await judge.script({ answers: [{}] });
    judge.record.fails = true;
    await expect(ask(model)).rejects.toThrow('The disk is full.');
    judge.record.fails = false;
    await ask(model);
    expect(await failure(ask(model, { ...RATING, message: 'third' }))).toMatchObject({ code: 'judge-limit' });
  });

  it('does not believe a server that says it took nothing, or more than there is', async () => {
    for (const usage of [
      { prompt_tokens: 0, completion_tokens: 0 },
      { prompt_tokens: 1e12, completion_tokens: 1 },
      { prompt_tokens: -5, completion_tokens: 5 },
      'much',
      null,
    ]) {
      await judge.script({ answers: [{ usage }] });
      judge.record.spent = memory().spent;
      await ask(judge.open());
      expect(judge.record.spent.tokens).toBeGreaterThan(20);
      // Reserved are 101, of which no more than 16 times as much is believed.
      expect(judge.record.spent.tokens).toBeLessThanOrEqual(16 * 101);
    }
  });

  it('is not for what a server refused, but for what it may have computed', async () => {
    await judge.script({ answers: [{ status: 429 }, { status: 503 }, { cut: 30 }, { body: '{' }, {}] });
    await ask(judge.open({ patience: { ...PATIENT, tries: 9 } }));
    expect(judge.record.spent.calls).toBe(3);
    expect(await judge.questions()).toHaveLength(5);
  });
});

describe('ends', () => {
  it('when nobody waits any more, at once', async () => {
    await judge.script({ answers: [{ hang: 10 }] });
    const gone = new AbortController();
    const asked = ask(judge.open(), RATING, gone.signal);
    setTimeout(() => gone.abort('gone'), 50);
    await expect(asked).rejects.toBe('gone');
  });

  it('when nobody waits any more for a busy server', async () => {
    await judge.script({ answers: [{ status: 429, headers: { 'retry-after': '2' } }] });
    const gone = new AbortController();
    const asked = ask(judge.open(), RATING, gone.signal);
    setTimeout(() => gone.abort('gone'), 50);
    await expect(asked).rejects.toBe('gone');
  });

  it('when the judge is closed', async () => {
    await judge.script({ answers: [{ hang: 10 }] });
    const model = judge.open();
    const asked = failure(ask(model));
    setTimeout(() => model.dispose(), 50);
    expect((await asked).message).toBe('The judge was closed.');
    expect(await failure(ask(model))).toMatchObject({ code: 'judge-failed' });
  });
});
