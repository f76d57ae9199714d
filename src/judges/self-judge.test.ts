import { expect, it } from 'vitest';
import { PRESETS } from '../recipe/presets';
import type { VerdictLogps } from '../tpo/policy';
import { ScriptedPolicy } from '../tpo/testing/scripted-policy';
import { selfJudge } from './self-judge';

const recipe = {
  ...PRESETS.quick,
  judge: 'self',
  comparisonPrompt: '{instruction}|{first}|{second}|[[A]] or [[B]]',
} as const;

/** Prefers the longer of the two, or leans to what comes first, by so much. */
function policyOf(lean: number, limit = Number.POSITIVE_INFINITY) {
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

it('judges in both orders and idles the policy', async () => {
  const policy = policyOf(0);
  const judge = selfJudge(recipe, () => policy);
  expect(judge).toMatchObject({ name: 'self', pace: 'policy-idle', relative: true });
  const { scores, calls } = await judge.score({ instruction: 'x', responses: ['aa', 'a', 'aaa'] });
  expect(policy.asked).toHaveLength(6);
  expect(calls).toHaveLength(6);
  const [middle, low, high] = scores.map(Number);
  expect(high).toBeGreaterThan(middle ?? 0);
  expect(middle).toBeGreaterThan(low ?? 0);
});

it('that only ever prefers the first tells nothing apart, and says so', async () => {
  const { scores, detail } = await selfJudge(recipe, () => policyOf(100)).score({
    instruction: 'x',
    responses: ['aa', 'a'],
  });
  expect(scores[0]).toBeCloseTo(scores[1] ?? Number.NaN, 9);
  expect(detail).toContain('the order decided 1 of 1');
});

it('gives no score to what does not fit, with the reason beside it', async () => {
  const { scores, calls } = await selfJudge(recipe, () => policyOf(0, 20)).score({
    instruction: 'x',
    responses: ['aa', 'a'],
  });
  expect(scores).toEqual([null, null]);
  expect(calls?.map(({ verdict }) => verdict)).toEqual([null, null]);
  expect(calls?.[0]?.reply).toMatch(/not asked: the question has \d+ tokens, and 20 fit/);
});

it('needs a policy', async () => {
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
