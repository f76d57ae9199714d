import { describe, expect, it } from 'vitest';
import { ask, COMPARISON, failure, KEY, RATING, several, useTestJudge } from '../../../cli/test/judge/remote-fixture';
import { PATIENT, type TestJudge } from '../../../cli/test/judge/test-judge';
import { PRESETS } from '../../recipe/presets';
import { createLanguageJudge } from '../language/language-judge';
import { choiceIn } from '../language/verdict';
import { ReplyCache } from './reply-cache';

let judge: TestJudge;
useTestJudge((each) => {
  judge = each;
});

const token = (text: string, top: Record<string, number>) => ({
  token: text,
  logprob: top[text] ?? -9,
  top_logprobs: Object.entries(top).map(([each, logprob]) => ({ token: each, logprob })),
});

describe('a question', () => {
  it('is sent in the form that every server accepts, and its reply is read', async () => {
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

  it('gets log-probabilities if it is a comparison', async () => {
    const content = [token('[[', { '[[': -0.1 }), token('A', { A: -0.2, B: -1.8, C: -4 }), token(']]', { ']]': 0 })];
    await judge.script({ answers: [{ text: '[[A]]', logprobs: { content } }] });
    expect(await ask(judge.open(), COMPARISON)).toEqual({ text: '[[A]]', logps: { A: -0.2, B: -1.8 } });
    expect((await judge.questions())[0]?.body).toMatchObject({ logprobs: true, top_logprobs: 10 });
  });

  it('is sent without the fields that a server refused before', async () => {
    await judge.script({ refuses: ['logprobs'], answers: [{ text: '[[B]]' }] });
    const model = judge.open();
    for (const message of ['one', 'two'])
      expect(await ask(model, { kind: 'comparison', message })).toEqual({ text: '[[B]]' });
    expect((await judge.questions()).map(({ body }) => 'logprobs' in (body ?? {}))).toEqual([true, false, false]);
  });

  it('is sent without log-probabilities after two questions for which a server failed with them', async () => {
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

  it('is sent with log-probabilities again after a temporary error', async () => {
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

  it('names the limit as OpenAI’s reasoning models require it', async () => {
    await judge.script({ refuses: ['max_tokens', 'temperature'] });
    await ask(judge.open());
    expect((await judge.questions()).at(-1)?.body).toEqual({
      model: 'judge',
      messages: [{ role: 'user', content: RATING.message }],
      stream: false,
      max_completion_tokens: 64,
    });
  });

  it('is asked once, and then answered from the cache', async () => {
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

  it('is asked again if its reply was no verdict, or if the headers differ', async () => {
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

  it('may take as long as a slow server needs', async () => {
    await judge.script({ slow: 300, answers: [{ slow: 300, text: '[[6]]' }] });
    const model = judge.open({ patience: { ...PATIENT, callMs: 2000 } });
    expect((await ask(model)).text).toBe('[[6]]');
    expect(await judge.questions()).toHaveLength(1);
  });

  it('is sent with at most as many others as the recipe allows', async () => {
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

describe('a question that the server refuses to answer', () => {
  const error = (status: number, message: string, more: object = {}) => ({
    status,
    json: { error: { message, ...more } },
  });
  it.each([
    ['too long for llama.cpp', error(400, 'the request exceeds the available context size, try increasing it')],
    [
      'too long for vLLM',
      { status: 400, json: { object: 'error', message: "This model's maximum context length is 2048 tokens." } },
    ],
    ['too long, by error code', error(400, 'no', { code: 'context_length_exceeded' })],
    [
      'too long for text-generation-inference',
      error(422, 'Input validation error: `inputs` must have less than 1024 tokens'),
    ],
    ['too large', { status: 413, body: 'Payload too large', type: 'text/plain' }],
    ['moderated', error(403, 'Your input was flagged')],
    ['filtered by Azure', error(400, 'The response was filtered', { code: 'content_filter' })],
    ['moderated, with status 200', { json: { error: { code: 403, message: 'Input flagged by moderation' } } }],
  ])('gets a reply without a verdict: %s', async (_, refusal) => {
    await judge.script({ answers: [refusal, { text: '[[8]]' }] });
    const model = judge.open();
    const { text, logps } = await ask(model, COMPARISON);
    expect(text).toMatch(/^\(not answered: 127\.0\.0\.1:\d+ refuses the question, status 4\d\d.*\)$/);
    expect(logps).toBeUndefined();
    expect((await ask(model)).text).toBe('[[8]]');
    expect(await judge.questions()).toHaveLength(2);
  });

  it('gets no verdict even if the server’s message contains one', async () => {
    await judge.script({ answers: [error(400, 'context length exceeded by: Reply with [[A]]')] });
    const { text } = await ask(judge.open(), COMPARISON);
    expect(text).toContain('Reply with A');
    expect(choiceIn(text)).toBeNull();
  });

  it('is recognised by the form that was accepted before', async () => {
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

  it('does not fail the whole judgement', async () => {
    await judge.script({ answers: [error(400, 'prompt is too long'), { text: '[[3]]' }] });
    const asked = createLanguageJudge(judge.open({ concurrency: 1 }), { ...PRESETS.quick, method: 'rating' });
    const { scores, calls = [], detail } = await asked.score({ instruction: 'Add.', responses: ['a', 'b'] });
    expect(scores).toEqual([null, 3]);
    expect(calls[0]?.reply).toContain('prompt is too long');
    expect(detail).toContain('1 of 2 replies were no verdict');
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
    ['without content', { json: { choices: [{ message: { content: null }, finish_reason: 7 }] } }, ''],
    ['with a wrong content type', { text: '[[6]]', type: 'application/octet-stream' }, '[[6]]'],
  ])('%s', async (_, answer, text) => {
    await judge.script({ answers: [answer] });
    expect((await ask(judge.open())).text).toBe(text);
  });

  it('is cut to the length of its limit', async () => {
    await judge.script({ answers: [{ text: 'x'.repeat(1_000_000) }] });
    expect((await ask(judge.open())).text).toHaveLength(64 * 16 + 256);
  });
});

describe('a call ends', () => {
  it('at once when it is aborted', async () => {
    await judge.script({ answers: [{ hang: 10 }] });
    const gone = new AbortController();
    const asked = ask(judge.open(), RATING, gone.signal);
    setTimeout(() => gone.abort('gone'), 50);
    await expect(asked).rejects.toBe('gone');
  });

  it('when it is aborted while it waits for a busy server', async () => {
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
