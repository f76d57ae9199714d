import { afterEach, expect, it, vi } from 'vitest';
import type { Lab } from '../../src/client/client';
import { PRESETS } from '../../src/recipe/presets';
import type { Evaluation } from '../../src/records/evaluations';
import type { Progress } from '../../src/records/progress';
import type { RunDetail, RunStatus, RunSummary } from '../../src/records/runs';
import type { LabPage } from '../browser/lab-page';
import { follow } from './follow';

const summary = (status: RunStatus): RunSummary => ({
  id: 'run-1',
  name: 'demo',
  created: 0,
  updated: 0,
  status,
  recipe: PRESETS.fast,
  device: 'SwiftShader',
  bytes: 0,
  iterations: 1,
  failure: null,
});

const progress = (phase: Progress['phase'], done: number): Progress => ({
  phase,
  iteration: 1,
  iterations: 1,
  arm: 'thinking',
  done,
  total: 16,
  counts: 'prompts',
  tokensPerSecond: null,
  secondsLeft: null,
});

const evaluation: Evaluation = {
  iteration: 0,
  arm: 'direct',
  prompts: 60,
  samples: 60,
  accuracy: 0.5,
  accuracyInterval: [0.4, 0.6],
  meanScore: null,
  meanScoreInterval: null,
  malformed: 0,
  thoughtTokens: 0,
  responseTokens: 6,
  byCategory: {},
  judge: 'rule',
  winRates: [],
  seconds: 1,
};

const detail = (status: RunStatus, now: Progress | null, evaluations: Evaluation[] = []): RunDetail => ({
  summary: summary(status),
  evaluations,
  iterations: [],
  steps: [],
  sftSteps: [],
  warnings: [],
  progress: now,
});

const STOPPED = { code: 'early-stop-direct', message: 'It fell twice.', advice: '', field: null };

/** A fake page with this object as its worker. */
function pageOf(lab: Pick<Lab, 'run' | 'stop'>): Pick<LabPage, 'ask'> {
  return { ask: (question, argument) => question(lab as Lab, argument) };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('prints each stage and each result once, until the run has ended', async () => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const states = [
    detail('running', progress('generate', 1)),
    detail('running', progress('generate', 2), [evaluation]),
    detail('running', progress('train', 1), [evaluation]),
    detail('finished', null, [evaluation]),
  ];
  const run = async () => states.shift() ?? detail('finished', null);
  const ended = await follow(pageOf({ run, stop: async () => {} }), summary('running'), 1);
  expect(ended.status).toBe('finished');
  expect(lines).toEqual([
    'iteration 1/1 · thinking · generate 1/16 prompts',
    'M0 direct: 50.0% right (40.0% to 60.0%) on 60 prompts, 0.0% malformed, 0 tokens of thought and 6 of response',
    'iteration 1/1 · thinking · train 1/16 prompts',
  ]);
});

it('prints the thinking arm’s evaluation once, when its win rate against the other arm is known', async () => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const thinking = { ...evaluation, arm: 'thinking' as const };
  const against: Evaluation['winRates'][number] = {
    ...{ against: 'direct', rate: 0.6, interval: null, lengthControlled: null, lengthControlledInterval: null },
    ...{ prompts: 60, byCategory: {} },
  };
  const later = { ...thinking, iteration: 1 };
  const states = [
    detail('running', null, [thinking]),
    detail('running', null, [{ ...thinking, winRates: [against] }]),
    detail('running', null, [{ ...thinking, winRates: [against] }, evaluation, later]),
    // The direct arm has stopped, so no win rate will follow.
    { ...detail('running', null, [{ ...thinking, winRates: [against] }, evaluation, later]), warnings: [STOPPED] },
    detail('finished', null, [{ ...thinking, winRates: [against] }, evaluation, later, { ...later, iteration: 2 }]),
  ];
  const run = async () => states.shift() ?? detail('finished', null);
  await follow(pageOf({ run, stop: async () => {} }), summary('running'), 1);
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    'M0 thinking',
    'M0 direct',
    'M1 thinking',
    'Warning',
    'M2 thinking',
  ]);
  expect(lines[0]).toContain('beats the direct arm in 60.0%');
});

it('stops the run at the first Ctrl-C and waits until it is stored', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  let status: RunStatus = 'running';
  const stop = vi.fn(async () => {
    setTimeout(() => {
      status = 'stopped';
    }, 20);
  });
  const ended = follow(
    pageOf({ run: async () => detail(status, progress('generate', 1)), stop }),
    summary('running'),
    1,
  );
  await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBeGreaterThan(0));
  process.emit('SIGINT');
  expect((await ended).status).toBe('stopped');
  expect(stop).toHaveBeenCalledTimes(1);
});
