import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PRESETS } from '../recipe/presets';
import type { Evaluation } from '../records/evaluations';
import type { LabEvent } from '../records/events';
import type { Progress } from '../records/progress';
import type { RunStatus, RunSummary } from '../records/runs';
import { sftStep } from '../tpo/testing/records';
import { receiveEvents } from './receive-events';
import { currentRunStore, NO_RUN } from './runs/current-run';
import { steps } from './runs/step-store';
import { sessionStore } from './session/session';

let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  currentRunStore.setState(NO_RUN);
  sessionStore.setState({ failure: null });
});
afterEach(() => vi.unstubAllGlobals());

const frame = () => {
  for (const run of frames.splice(0)) run();
};
const run = (status: RunStatus, id = 'a', failure: RunSummary['failure'] = null): LabEvent => ({
  type: 'run',
  run: {
    id,
    name: id,
    created: 0,
    updated: 0,
    status,
    recipe: PRESETS.quick,
    device: 'd',
    bytes: 0,
    iterations: 0,
    failure,
  },
});
const progress = (done: number): LabEvent => {
  const value: Progress = {
    phase: 'generate',
    iteration: 1,
    iterations: 3,
    arm: 'thinking',
    done,
    total: 9,
    counts: 'prompts',
    tokensPerSecond: null,
    secondsLeft: null,
  };
  return { type: 'progress', progress: value };
};
const evaluation = (iteration: number, accuracy: number): LabEvent => {
  const value: Evaluation = {
    iteration,
    arm: 'direct',
    prompts: 1,
    samples: 1,
    accuracy,
    accuracyInterval: null,
    meanScore: null,
    meanScoreInterval: null,
    malformed: 0,
    thoughtTokens: 0,
    responseTokens: 0,
    byCategory: {},
    judge: 'rule',
    winRates: [],
    seconds: 0,
  };
  return { type: 'evaluation', evaluation: value };
};

it('applies a burst of events together, once per frame', () => {
  const changes = vi.fn();
  const leave = currentRunStore.subscribe(changes);
  receiveEvents([run('running')]);
  receiveEvents([progress(1), progress(2), progress(3)]);
  expect(changes).not.toHaveBeenCalled();
  frame();
  expect(changes).toHaveBeenCalledTimes(1);
  expect(currentRunStore.getState()).toMatchObject({ active: true, progress: { done: 3 } });
  leave();
});

it('spreads a thousand events over several frames', () => {
  receiveEvents([run('running'), ...Array.from({ length: 1000 }, (_, i) => progress(i))]);
  let count = 0;
  while (frames.length > 0) {
    frame();
    count += 1;
  }
  expect(count).toBeGreaterThan(3);
  expect(currentRunStore.getState().progress?.done).toBe(999);
});

it('starts empty with another run, and ignores events of runs that have ended', () => {
  receiveEvents([run('running'), evaluation(0, 0.5), evaluation(0, 0.6)]);
  frame();
  expect(currentRunStore.getState().evaluations.map((e) => e.accuracy)).toEqual([0.6]);
  receiveEvents([run('running', 'b')]);
  frame();
  expect(currentRunStore.getState()).toMatchObject({ run: { id: 'b' }, evaluations: [], progress: null });
  receiveEvents([run('finished', 'a')]);
  frame();
  expect(currentRunStore.getState()).toMatchObject({ run: { id: 'b' }, active: true });
});

it('keeps the steps of a warm-up separate and in order, even when they are repeated', () => {
  receiveEvents([
    run('running'),
    ...[1, 2, 3, 2, 3].map((step): LabEvent => ({ type: 'sft-step', step: sftStep({ step }) })),
  ]);
  frame();
  expect(currentRunStore.getState().sftSteps.map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(steps.count('thinking')).toBe(0);
  receiveEvents([run('running', 'b')]);
  frame();
  expect(currentRunStore.getState().sftSteps).toEqual([]);
});

it('shows why a run failed, and waits for storage when another tab stops', () => {
  const failure = { code: 'not-finite', message: 'The loss became NaN.', advice: 'Lower the learning rate.' };
  receiveEvents([run('failed', 'a', failure)]);
  frame();
  expect(sessionStore.getState().failure).toEqual(failure);
  expect(currentRunStore.getState().active).toBe(false);
  receiveEvents([run('running', 'c'), { type: 'other-tab', runId: null }]);
  frame();
  expect(currentRunStore.getState().active).toBe(false);
});

it('keeps a request until it has been fulfilled', () => {
  currentRunStore.setState({ asked: 'pause' });
  receiveEvents([run('running')]);
  frame();
  expect(currentRunStore.getState().asked).toBe('pause');
  receiveEvents([run('paused')]);
  frame();
  expect(currentRunStore.getState().asked).toBeNull();
});
