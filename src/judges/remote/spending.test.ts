import { describe, expect, it } from 'vitest';
import { ask, COMPARISON, failure, RATING, several, useTestJudge } from '../../../cli/test/judge/remote-fixture';
import { memory, PATIENT, type TestJudge } from '../../../cli/test/judge/test-judge';
import { Budget } from './budget';

let judge: TestJudge;
useTestJudge((each) => {
  judge = each;
});

describe('the spending of a run', () => {
  it('ends at the limit of calls, and continues when the limit is renewed', async () => {
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

  it('is the same for all judges of the run', async () => {
    await judge.script({});
    const limits = { calls: 2, tokens: 0 };
    await ask(judge.open({ limits }), RATING);
    await ask(judge.open({ limits }), COMPARISON);
    expect(await failure(ask(judge.open({ limits })))).toMatchObject({ code: 'judge-limit' });
    expect(await judge.questions()).toHaveLength(2);
  });

  it('ends before the limit of tokens', async () => {
    await judge.script({ answers: [{ usage: { prompt_tokens: 30, completion_tokens: 10 } }] });
    const model = judge.open({ limits: { calls: 0, tokens: 200 } });
    const asked = await Promise.allSettled(several(9).map((each) => ask(model, each)));
    // Each may take 83 tokens: of the text, and 64 of the reply.
    expect(judge.record.spent).toMatchObject({ calls: 3, tokens: 120 });
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await failure(ask(model))).toMatchObject({
      code: 'judge-limit',
      message: expect.stringContaining('120 of 200 tokens'),
    });
  });

  it('counts more than was reserved if the server says so, as for hidden thoughts', async () => {
    await judge.script({ answers: [{ usage: { prompt_tokens: 20, completion_tokens: 900 } }] });
    await ask(judge.open());
    expect(judge.record.spent.tokens).toBe(920);
  });

  it('reserves more for characters that take more tokens', async () => {
    await judge.script({ answers: [{ usage: null }] });
    const limits = { calls: 0, tokens: 64 + 16 + 100 };
    await ask(judge.open({ limits }), { ...RATING, message: 'x'.repeat(400) });
    judge.record.spent = memory().spent;
    const error = await failure(ask(judge.open({ limits }), { ...RATING, message: '漢'.repeat(133) }));
    expect(error).toMatchObject({ code: 'judge-limit', message: expect.stringContaining('may take 280') });
  });

  it('counts calls whose connection broke, if the server had answered before', async () => {
    await judge.script({ answers: [{}, { cut: 0 }, { cut: 0 }, {}] });
    const model = judge.open();
    await ask(model, { ...RATING, message: 'first' });
    const { tokens } = judge.record.spent;
    await ask(model);
    expect(judge.record.spent.calls).toBe(4);
    expect(judge.record.spent.tokens).toBeGreaterThan(tokens + 2 * 64);
  });

  it('does not count a failed call as under way', async () => {
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

  it('ignores implausible counts of a server', async () => {
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
      // 101 tokens are reserved. At most 16 times as many are plausible.
      expect(judge.record.spent.tokens).toBeLessThanOrEqual(16 * 101);
    }
  });

  it('does not count refused calls, but counts those that may have been computed', async () => {
    await judge.script({ answers: [{ status: 429 }, { status: 503 }, { cut: 30 }, { body: '{' }, {}] });
    await ask(judge.open({ patience: { ...PATIENT, tries: 9 } }));
    expect(judge.record.spent.calls).toBe(3);
    expect(await judge.questions()).toHaveLength(5);
  });
});
