import { describe, expect, it } from 'vitest';
import { ask, COMPARISON, failure, useTestJudge } from '../../../cli/test/judge/remote-fixture';
import { PATIENT, type TestJudge } from '../../../cli/test/judge/test-judge';

let judge: TestJudge;
useTestJudge((each) => {
  judge = each;
});

describe('a call is repeated if the server is', () => {
  it.each([
    ['busy', { status: 429 }],
    ['busy, and asks for a pause', { status: 429, headers: { 'retry-after': '0' } }],
    ['overloaded', { status: 503 }],
    ['down behind a proxy', { status: 502, body: '<html>502</html>', type: 'text/html' }],
    ['overloaded at the model’s provider', { json: { error: { code: 502, message: 'no provider' } } }],
    ['cutting the answer off', { cut: 30 }],
    ['not speaking JSON', { body: '{"choices":[', type: 'text/event-stream' }],
    ['sending no choice', { json: { choices: [], usage: {} } }],
    ['sending a message of another shape', { json: { choices: [{ message: 'hello' }] } }],
  ])('%s', async (_, fault) => {
    await judge.script({ answers: [fault, fault, { text: '[[5]]' }] });
    expect((await ask(judge.open())).text).toBe('[[5]]');
    expect(await judge.questions()).toHaveLength(3);
  });

  it('unreachable for a moment after it has answered', async () => {
    await judge.script({ answers: [{ text: '[[4]]' }, { cut: 0 }, { cut: 0 }, { text: '[[5]]' }] });
    const model = judge.open();
    await ask(model);
    expect((await ask(model, COMPARISON)).text).toBe('[[5]]');
  });

  it('busy, and all calls wait as long as the server asks', async () => {
    await judge.script({ answers: [{ status: 429, headers: { 'retry-after': '1' } }, { text: '[[5]]' }] });
    const model = judge.open({ concurrency: 2 });
    const begun = performance.now();
    await ask(model);
    await ask(model, COMPARISON);
    expect(performance.now() - begun).toBeGreaterThan(990);
  });

  it('busy until a date', async () => {
    const date = new Date(Date.now() + 2000).toUTCString();
    await judge.script({ answers: [{ status: 503, headers: { 'retry-after': date } }, { text: '[[5]]' }] });
    const begun = Date.now();
    expect((await ask(judge.open({ patience: { ...PATIENT, longestPauseMs: 5000 } }))).text).toBe('[[5]]');
    expect(Date.now() - begun).toBeGreaterThan(900);
  });

  it('busy, with growing pauses even if it asks for none', async () => {
    await judge.script({
      answers: [...Array(3).fill({ status: 429, headers: { 'retry-after': '0' } }), { text: '[[5]]' }],
    });
    const begun = performance.now();
    await ask(judge.open({ patience: { ...PATIENT, firstPauseMs: 100 } }));
    // At least half of 100, 200 and 400.
    expect(performance.now() - begun).toBeGreaterThan(340);
  });

  it('busy, but not if it asks for an hour', async () => {
    await judge.script({ answers: [{ status: 429, headers: { 'retry-after': '3600' } }] });
    expect(await failure(ask(judge.open()))).toMatchObject({
      message: expect.stringContaining('accepts no more requests for now'),
      advice: expect.stringContaining('Wait 60 minutes'),
    });
    expect(await judge.questions()).toHaveLength(1);
  });
});
