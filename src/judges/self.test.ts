import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { PRESETS } from '../recipe/presets';
import { ScriptedPolicy } from '../tpo/testing/scripted-policy';
import { selfJudge, selfJudgeModel, type VerdictLogps } from './self';

/** Answers each message with its length, and records the batches. */
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

describe('the questions to the policy', () => {
  it('are sent together if they are asked in one turn, at most sixteen', async () => {
    const policy = policyOf();
    const model = selfJudgeModel(() => policy);
    const messages = Array.from({ length: 20 }, (_, i) => 'x'.repeat(i + 1));
    const replies = await Promise.all(messages.map((message) => model.ask(comparison(message))));
    expect(replies.map(({ logps }) => logps?.A)).toEqual(messages.map(({ length }) => -length));
    expect(policy.calls.map(({ length }) => length)).toEqual([model.concurrency, 4]);
  });

  it('go to the policy that is loaded when they are sent', async () => {
    const [first, second] = [policyOf(), policyOf()];
    let current = first;
    const model = selfJudgeModel(() => current);
    await model.ask(comparison('one'));
    current = second;
    await model.ask(comparison('two'));
    expect([first.calls, second.calls]).toEqual([[['one']], [['two']]]);
  });

  it('get a reply without a verdict that says why they were not asked', async () => {
    const policy = policyOf(() => ({ tokens: 900, limit: 512 }));
    const { text, logps } = await selfJudgeModel(() => policy).ask(comparison('long'));
    expect(logps).toBeUndefined();
    expect(text).toContain('900 tokens, and 512 fit');
    expect(text).not.toContain('[[');
  });

  it('cannot be ratings', async () => {
    const asked = selfJudgeModel(policyOf).ask({ kind: 'rating', message: 'rate' });
    await expect(asked).rejects.toMatchObject({ code: 'judge-failed' });
  });

  it('reject with the policy’s error, and later ones are asked again', async () => {
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

  it('are not sent after they were aborted', async () => {
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

  it('reject when the judge is closed', async () => {
    const policy = policyOf();
    const model = selfJudgeModel(() => policy);
    const waiting = model.ask(comparison('one'));
    model.dispose();
    await expect(waiting).rejects.toMatchObject({ code: 'judge-failed' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(policy.calls).toEqual([]);
  });
});

const recipe = {
  ...PRESETS.quick,
  judge: 'self',
  comparisonPrompt: '{instruction}|{first}|{second}|[[A]] or [[B]]',
} as const;

/** Prefers the longer response. @param lean added to the first response's length. @param limit characters that fit */
function preferLonger(lean: number, limit = Number.POSITIVE_INFINITY) {
  const asked: string[] = [];
  return {
    asked,
    async verdictLogps(messages: readonly string[]): Promise<readonly VerdictLogps[]> {
      asked.push(...messages);
      return messages.map((message) => {
        if (message.length > limit) return { tokens: message.length, limit };
        const [, first = '', second = ''] = message.split('|');
        return { A: first.length + lean, B: second.length };
      });
    },
  };
}

describe('the judge on the policy’s base weights', () => {
  it('compares in both orders, while the policy is idle', async () => {
    const policy = preferLonger(0);
    const judge = selfJudge(recipe, () => policy);
    expect(judge).toMatchObject({ name: 'self', pace: 'policy-idle', relative: true });
    const { scores, calls } = await judge.score({ instruction: 'x', responses: ['aa', 'a', 'aaa'] });
    expect(policy.asked).toHaveLength(6);
    expect(calls).toHaveLength(6);
    const [middle, low, high] = scores.map(Number);
    expect(high).toBeGreaterThan(middle ?? 0);
    expect(middle).toBeGreaterThan(low ?? 0);
  });

  it('scores all the same if it always prefers the first response, and says so', async () => {
    const { scores, detail } = await selfJudge(recipe, () => preferLonger(100)).score({
      instruction: 'x',
      responses: ['aa', 'a'],
    });
    expect(scores[0]).toBeCloseTo(scores[1] ?? Number.NaN, 9);
    expect(detail).toContain('the order decided 1 of 1');
  });

  it('gives no score to responses that do not fit, and stores the reason', async () => {
    const { scores, calls } = await selfJudge(recipe, () => preferLonger(0, 20)).score({
      instruction: 'x',
      responses: ['aa', 'a'],
    });
    expect(scores).toEqual([null, null]);
    expect(calls?.map(({ verdict }) => verdict)).toEqual([null, null]);
    expect(calls?.[0]?.reply).toMatch(/not asked: the question has \d+ tokens, and 20 fit/);
  });

  it('fails without a policy', async () => {
    const score = selfJudge(recipe, () => null).score({ instruction: 'x', responses: ['aa', 'a'] });
    await expect(score).rejects.toMatchObject({ code: 'judge-failed' });
  });

  it('runs on the policy of the loop’s tests', async () => {
    const { scores } = await selfJudge(recipe, () => new ScriptedPolicy()).score({
      instruction: 'x',
      responses: ['aa', 'b', 'c'],
    });
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});
