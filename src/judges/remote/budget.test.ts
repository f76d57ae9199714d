import { expect, it } from 'vitest';
import { memory } from '../../../cli/test/judge/test-judge';
import { Budget } from './budget';

const { signal } = new AbortController();
const open = (calls: number, record = memory(), spender: 'run' | 'once' = 'run') =>
  new Budget({ calls, tokens: 0 }, record, spender);

it('wakes waiting calls even if the end of a call could not be stored', async () => {
  const record = memory();
  const budget = open(1, record);
  const call = await budget.take('host', 10, signal);
  const waits = budget.take('host', 10, signal);
  // The second call has seen that it has to wait.
  await new Promise((resolve) => setTimeout(resolve));
  record.fails = true;
  const ended = call.end(null);
  record.fails = false;
  await expect(ended).rejects.toThrow('The disk is full.');
  await (await waits).end(10);
  expect(record.spent).toEqual({ calls: 1, tokens: 10, renewals: 0 });
  await expect(budget.take('host', 10, signal)).rejects.toMatchObject({ code: 'judge-limit' });
});

it('reserves nothing if that could not be stored', async () => {
  const record = memory();
  const budget = open(1, record);
  await budget.spent();
  record.fails = true;
  await expect(budget.take('host', 10, signal)).rejects.toThrow('The disk is full.');
  record.fails = false;
  await (await budget.take('host', 10, signal)).end(7);
  expect(record.spent).toEqual({ calls: 1, tokens: 7, renewals: 0 });
});

it('reads the record again after a failure', async () => {
  const record = memory({ calls: 3, tokens: 30, renewals: 0 });
  record.fails = true;
  const budget = open(4, record);
  await expect(budget.take('host', 10, signal)).rejects.toThrow('The disk is gone.');
  record.fails = false;
  await (await budget.take('host', 10, signal)).end(10);
  expect(record.spent.calls).toBe(4);
});

it('says what to do: continue a run, or start a trial again', async () => {
  const advice = async (spender: 'run' | 'once') => {
    const budget = open(1, memory({ calls: 1, tokens: 0, renewals: 0 }), spender);
    return budget
      .take('host', 1, signal)
      .catch((error: { message: string; advice: string }) => `${error.message} ${error.advice}`);
  };
  expect(await advice('run')).toMatch(
    /^This run has reached its spending limit .*1 of 1 calls\. Continue to allow the same amount again/,
  );
  expect(await advice('once')).toMatch(/^The recipe’s limit at host is reached: 1 of 1 calls\. Raise the limit/);
});
