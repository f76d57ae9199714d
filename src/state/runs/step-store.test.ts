import { expect, it, vi } from 'vitest';
import type { StepMetrics } from '../../records/training';
import { StepStore } from './step-store';

function step(n: number, iteration = 1): StepMetrics {
  return {
    iteration,
    arm: 'thinking',
    step: n,
    steps: 10,
    loss: n,
    'rewards/chosen': 0,
    'rewards/rejected': 0,
    'rewards/accuracies': 0,
    'rewards/margins': 0,
    'logps/chosen': 0,
    'logps/rejected': 0,
    grad_norm: 0,
    learning_rate: 0,
    tokens: 0,
    seconds: 0,
  };
}

it('keeps the order while it grows, and counts steps from 1', () => {
  const log = new StepStore();
  for (let n = 1; n <= 1000; n++) log.push(step(n));
  expect([...log.column('thinking', 'loss')]).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  expect([log.first('thinking'), log.count('thinking'), log.count('direct')]).toEqual([1, 1000, 0]);
});

it('drops the oldest step when it is full', () => {
  const log = new StepStore();
  for (let n = 1; n <= 40_000; n++) log.push(step(n));
  log.push(step(40_000));
  const losses = log.column('thinking', 'loss');
  expect([losses.length, losses[0], losses.at(-1), log.first('thinking')]).toEqual([32_768, 7233, 40_000, 7233]);
});

it('knows the last step of each iteration, and notifies listeners', () => {
  const log = new StepStore();
  const listener = vi.fn();
  const leave = log.subscribe(listener);
  log.push(step(1, 1));
  log.push(step(2, 1));
  log.push(step(1, 2));
  expect([log.last('thinking', 1)?.step, log.last('thinking', 2)?.step, log.last('direct', 1)]).toEqual([2, 1, null]);
  expect(listener).toHaveBeenCalledTimes(3);
  leave();
  log.reset([]);
  expect(listener).toHaveBeenCalledTimes(3);
  expect(log.count('thinking')).toBe(0);
});
