import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PRESETS } from '../recipe/presets';
import type { Evaluation } from '../records/evaluations';
import type { LabEvent } from '../records/events';
import type { Progress } from '../records/progress';
import type { RunStatus, RunSummary } from '../records/runs';
import { sftStep } from '../tpo/testing/records';
import { receive } from './intake';
import { NO_RUN, useRun } from './run';
import { useSession } from './session';
import { steps } from './step-log';

let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  useRun.setState(NO_RUN);
  useSession.setState({ failure: null });
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
    unit: 'prompts',
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

it('lets a burst in at one go, once a frame', () => {
  const changes = vi.fn();
  const leave = useRun.subscribe(changes);
  receive([run('running')]);
  receive([progress(1), progress(2), progress(3)]);
  expect(changes).not.toHaveBeenCalled();
  frame();
  expect(changes).toHaveBeenCalledTimes(1);
  expect(useRun.getState()).toMatchObject({ active: true, progress: { done: 3 } });
  leave();
});

it('spreads a thousand events over frames', () => {
  receive([run('running'), ...Array.from({ length: 1000 }, (_, i) => progress(i))]);
  let count = 0;
  while (frames.length > 0) {
    frame();
    count += 1;
  }
  expect(count).toBeGreaterThan(3);
  expect(useRun.getState().progress?.done).toBe(999);
});

it('begins anew with another run, and ignores what ended runs say meanwhile', () => {
  receive([run('running'), evaluation(0, 0.5), evaluation(0, 0.6)]);
  frame();
  expect(useRun.getState().evaluations.map((e) => e.accuracy)).toEqual([0.6]);
  receive([run('running', 'b')]);
  frame();
  expect(useRun.getState()).toMatchObject({ run: { id: 'b' }, evaluations: [], progress: null });
  receive([run('finished', 'a')]);
  frame();
  expect(useRun.getState()).toMatchObject({ run: { id: 'b' }, active: true });
});

it('keeps the steps of a warm-up apart, in order, however often they are told', () => {
  receive([
    run('running'),
    ...[1, 2, 3, 2, 3].map((step): LabEvent => ({ type: 'sft-step', step: sftStep({ step }) })),
  ]);
  frame();
  expect(useRun.getState().sftSteps.map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(steps.count('thinking')).toBe(0);
  receive([run('running', 'b')]);
  frame();
  expect(useRun.getState().sftSteps).toEqual([]);
});

it('says why a run failed, and waits for the store when another tab lets go', () => {
  const failure = { code: 'not-finite', message: 'The loss became NaN.', advice: 'Lower the learning rate.' };
  receive([run('failed', 'a', failure)]);
  frame();
  expect(useSession.getState().failure).toEqual(failure);
  expect(useRun.getState().active).toBe(false);
  receive([run('running', 'c'), { type: 'other-tab', runId: null }]);
  frame();
  expect(useRun.getState().active).toBe(false);
});

it('keeps what was asked for until it has happened', () => {
  useRun.setState({ asked: 'pause' });
  receive([run('running')]);
  frame();
  expect(useRun.getState().asked).toBe('pause');
  receive([run('paused')]);
  frame();
  expect(useRun.getState().asked).toBeNull();
});
