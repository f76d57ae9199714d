import { describe, expect, it } from 'vitest';
import { ask, failure, KEY, RATING, useTestJudge } from '../../../cli/test/judge/remote-fixture';
import { PATIENT, type TestJudge } from '../../../cli/test/judge/test-judge';

let judge: TestJudge;
useTestJudge((each) => {
  judge = each;
});

describe('an error says what happened and what to do', () => {
  it.each([
    [
      'always busy',
      { answers: [{ status: 429 }] },
      'accepts no more requests for now (status 429)',
      'Wait a while',
      4,
    ],
    [
      'always broken',
      { answers: [{ status: 500 }] },
      'answered with an error (status 500): no',
      'Look at the server’s own log',
      4,
    ],
    ['cut every time', { answers: [{ cut: 30 }] }, 'broke before the answer was complete', 'Check the connection', 4],
    ['never JSON', { answers: [{ body: 'ok', type: 'text/plain' }] }, 'it is not JSON', 'OpenAI-compatible', 3],
    ['JSON too deep', { answers: [{ body: '['.repeat(500_000) }] }, 'it is not JSON', 'OpenAI-compatible', 3],
    [
      'deep JSON of another shape',
      { answers: [{ body: `${'['.repeat(200_000)}${']'.repeat(200_000)}` }] },
      'it holds no reply',
      'OpenAI-compatible',
      3,
    ],
    ['never a choice', { answers: [{ json: { choices: [] } }] }, 'it holds no reply', 'OpenAI-compatible', 3],
    [
      'a web page',
      { answers: [{ body: '<!doctype html><title>Log in</title>', type: 'text/html' }] },
      'answered with a web page',
      'log-in page',
      1,
    ],
    ['a web page sent as JSON', { answers: [{ body: ' <html>' }] }, 'answered with a web page', 'log-in page', 1],
    ['no credit', { answers: [{ status: 402 }] }, 'asks for payment', 'Add credit', 1],
    [
      'no credit, with status 200',
      { answers: [{ json: { error: { code: 402, message: 'no credit' } } }] },
      'asks for payment',
      'Add credit',
      1,
    ],
    [
      'a blocked account',
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
      'in the format of vLLM',
      { answers: [{ status: 400, json: { object: 'error', message: 'no way' } }] },
      '(status 400): no way.',
      'another model',
      1,
    ],
    [
      'in the format of FastAPI',
      { answers: [{ status: 422, json: { detail: 'no' } }] },
      '(status 422): no.',
      'another model',
      1,
    ],
    ['a redirect', { answers: [{ redirect: 'same' }] }, 'redirects to another address', 'Enter the address', 1],
    [
      'a redirect to another host',
      { answers: [{ redirect: 'other' }] },
      'redirects to another address',
      'Enter the address',
      1,
    ],
    ['an endless answer', { answers: [{ huge: 2 ** 40 }] }, 'it is larger than 8 MiB', 'OpenAI-compatible', 1],
    ['another model', { models: ['small', 'large'] }, 'has no model judge', 'It offers small, large. Choose one', 0],
    [
      'another model, not listed',
      { models: null, answers: [{ status: 404, json: { error: { message: 'model not found' } } }] },
      'no OpenAI-compatible server at',
      '/v1',
      1,
    ],
    [
      'another model, with status 400',
      { models: null, answers: [{ status: 400, json: { error: { message: 'The model judge is not found' } } }] },
      'has no model judge',
      'Check the name',
      1,
    ],
    [
      'another of many models',
      { models: Array.from({ length: 40 }, (_, i) => `m${i}`) },
      'has no model judge',
      'm11, and 28 more. Choose one',
      1,
    ],
    ['no model at all', { models: [] }, 'has no model judge', 'Load one there first', 0],
  ] as const)('%s', async (_, script, says, advises, calls) => {
    await judge.script(script);
    const error = await failure(ask(judge.open()));
    expect(error).toMatchObject({
      code: 'judge-failed',
      message: expect.stringContaining(says),
      advice: expect.stringContaining(advises),
    });
    expect(await judge.questions()).toHaveLength(calls);
    // No redirect was followed.
    expect((await judge.traffic()).seen.every(({ host }) => host === 'judge')).toBe(true);
  });

  it('if no model is named', async () => {
    await judge.script({ models: ['small'] });
    expect(await failure(ask(judge.open({ model: '' })))).toMatchObject({
      message: expect.stringMatching(/^No model of 127.* is named\.$/),
      advice: 'It offers small. Choose one of them.',
    });
  });

  it('if no answer comes', async () => {
    await judge.script({ answers: [{ hang: 20 }] });
    const model = judge.open({ patience: { ...PATIENT, callMs: 100 } });
    expect(await failure(ask(model))).toMatchObject({
      message: expect.stringContaining('gave no answer within 0.1 seconds'),
    });
    expect(await judge.questions()).toHaveLength(2);
  });

  it('if the list of models does not come', async () => {
    await judge.script({ list: { hang: 5 } });
    const asked = ask(judge.open({ patience: { ...PATIENT, callMs: 100 } }));
    expect(await failure(asked)).toMatchObject({
      message: expect.stringContaining('gave no answer within 0.1 seconds'),
    });
  });

  it('if nothing listens at the address', async () => {
    expect(await failure(ask(judge.open({ url: 'http://127.0.0.1:9/v1' })))).toMatchObject({
      message: '127.0.0.1:9 cannot be reached.',
      advice: 'Start the server and check its port, then try again.',
    });
  });

  it('if the address is not valid', () => {
    expect(() => judge.open({ url: 'http://example.org/v1' })).toThrow(/use https/);
  });

  it('if something else answers', async () => {
    await judge.script({});
    expect(await failure(ask(judge.open({ url: `${judge.url}/v2` })))).toMatchObject({
      message: expect.stringContaining('no OpenAI-compatible server at'),
    });
  });

  it('but not if the server does not list its models', async () => {
    for (const list of [{ status: 404 }, { status: 500 }, { json: [] }, { body: 'x' }]) {
      await judge.script({ list });
      expect((await ask(judge.open())).text).toBe('[[7]]');
    }
  });

  it('but not if the server has the model’s name with a tag', async () => {
    await judge.script({ list: { json: { data: [{ id: 'judge:latest' }] } }, answers: [{ text: '[[3]]' }] });
    expect((await ask(judge.open())).text).toBe('[[3]]');
  });
});

describe('a key', () => {
  it('does not occur in the messages that ask for it or refuse it', async () => {
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

  it('is removed from a server’s words', async () => {
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

  it('is removed before a long text is cut', async () => {
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

  it('is removed from the names of models, which are one line each', async () => {
    await judge.script({ models: [`a\n${KEY}`, 'b'.repeat(250), 'c'] });
    const { advice } = await failure(ask(judge.open({ given: { key: KEY, headers: {} } })));
    expect(advice).toBe(`It offers a •••, ${'b'.repeat(80)}…, c. Choose one of them.`);
  });

  it('does not follow a redirect', async () => {
    await judge.script({ list: { redirect: 'other' }, answers: [{ redirect: 'other' }] });
    await failure(ask(judge.open({ given: { key: KEY, headers: { 'x-key': KEY } } })));
    expect((await judge.traffic()).seen.filter(({ host }) => host === 'elsewhere')).toEqual([]);
  });
});
