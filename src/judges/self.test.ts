import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import type { VerdictLogps } from '../tpo/policy';
import { selfJudgeModel } from './self';

/** Answers each message with its length; remembers what came together. */
function policyOf(answer: (message: string) => VerdictLogps = (message) => ({ A: -message.length, B: -1 })) {
  const calls: string[][] = [];
  return {
    calls,
    async verdictLogps(messages: readonly string[]) {
      calls.push([...messages]);
      await new Promise((resolve) => setTimeout(resolve));
      return messages.map(answer);
    },
  };
}
const comparison = (message: string) => ({ kind: 'comparison', message }) as const;

describe('the model as its own judge', () => {
  it('asks together what is asked in one turn, at most sixteen', async () => {
    const policy = policyOf();
    const model = selfJudgeModel(() => policy);
    const messages = Array.from({ length: 20 }, (_, i) => 'x'.repeat(i + 1));
    const replies = await Promise.all(messages.map((message) => model.ask(comparison(message))));
    expect(replies.map(({ logps }) => logps?.A)).toEqual(messages.map(({ length }) => -length));
    expect(policy.calls.map(({ length }) => length)).toEqual([model.concurrency, 4]);
  });

  it('asks the policy that is there when the question goes out', async () => {
    const [first, second] = [policyOf(), policyOf()];
    let current = first;
    const model = selfJudgeModel(() => current);
    await model.ask(comparison('one'));
    current = second;
    await model.ask(comparison('two'));
    expect([first.calls, second.calls]).toEqual([[['one']], [['two']]]);
  });

  it('says why a question got no verdict, in words that name none', async () => {
    const policy = policyOf(() => ({ tokens: 900, limit: 512 }));
    const { text, logps } = await selfJudgeModel(() => policy).ask(comparison('long'));
    expect(logps).toBeUndefined();
    expect(text).toContain('900 tokens, and 512 fit');
    expect(text).not.toContain('[[');
  });

  it('gives no ratings', async () => {
    const asked = selfJudgeModel(policyOf).ask({ kind: 'rating', message: 'rate' });
    await expect(asked).rejects.toMatchObject({ code: 'judge-failed' });
  });

  it('passes on what fails, and goes on afterwards', async () => {
    const lost = new LabError('device-lost', 'The device was lost.');
    let fails = true;
    const policy = policyOf();
    const model = selfJudgeModel(() => ({
      verdictLogps: (messages) => (fails ? Promise.reject(lost) : policy.verdictLogps(messages)),
    }));
    await expect(model.ask(comparison('one'))).rejects.toBe(lost);
    fails = false;
    expect((await model.ask(comparison('four'))).logps).toEqual({ A: -4, B: -1 });
  });

  it('does not ask what nobody waits for any more', async () => {
    const policy = policyOf();
    const model = selfJudgeModel(() => policy);
    const abort = new AbortController();
    const dropped = model.ask(comparison('one'), abort.signal);
    const kept = model.ask(comparison('two'));
    abort.abort(new Error('enough'));
    await expect(dropped).rejects.toThrow('enough');
    await kept;
    expect(policy.calls).toEqual([['two']]);
    await expect(model.ask(comparison('three'), abort.signal)).rejects.toThrow('enough');
  });

  it('closed, leaves nobody waiting', async () => {
    const policy = policyOf();
    const model = selfJudgeModel(() => policy);
    const waiting = model.ask(comparison('one'));
    model.dispose();
    await expect(waiting).rejects.toMatchObject({ code: 'judge-failed' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(policy.calls).toEqual([]);
  });
});
