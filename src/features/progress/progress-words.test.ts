import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { Progress } from '../../records/progress';
import type { RunSummary } from '../../records/runs';
import { NO_RUN } from '../../state/runs/current-run';
import { countWords, pausedWords, phaseWords, titleOf, whereWords } from './progress-words';

const progress: Progress = {
  phase: 'generate',
  iteration: 2,
  iterations: 3,
  arm: 'thinking',
  done: 12,
  total: 32,
  counts: 'prompts',
  tokensPerSecond: 1204,
  secondsLeft: 190,
};
const run: RunSummary = {
  id: 'r',
  name: 'Run 1',
  created: 0,
  updated: 0,
  status: 'running',
  recipe: PRESETS.quick,
  device: 'SwiftShader',
  bytes: 0,
  iterations: 1,
  failure: null,
};

describe('the progress line', () => {
  it('says what, where and how far', () => {
    expect([phaseWords(progress), whereWords(progress), countWords(progress)]).toEqual([
      'Thinking',
      'iteration 2 of 3 · thinks first',
      '12 / 32 prompts',
    ]);
  });
  it('does not call it thinking when no thought is asked for', () => {
    expect(phaseWords({ ...progress, arm: 'direct' })).toBe('Answering');
  });
  it('keeps the name of the model when the run is paused', () => {
    expect(pausedWords({ ...progress, phase: 'evaluate', iteration: 0 })).toBe('Paused: evaluating M₀');
  });
  it('names the model that is evaluated', () => {
    const seed: Progress = { ...progress, phase: 'evaluate', iteration: 0 };
    expect([phaseWords(seed), whereWords(seed)]).toEqual(['Evaluating M₀', 'before training · thinks first']);
  });
});

describe('the opening of the model', () => {
  it('names the choice of kernels', () => {
    const tuning: Progress = { ...progress, phase: 'tune', arm: null, done: 12, total: 40, counts: 'kernels' };
    expect([phaseWords(tuning), whereWords(tuning), countWords(tuning)]).toEqual([
      'Choosing the fastest kernels for this device',
      '',
      '12 / 40 kernels',
    ]);
    expect(titleOf({ ...NO_RUN, run, active: true, progress: tuning })).toMatch(/^▶ choosing kernels 12\/40/);
  });
});

describe('a warm-up in the progress line', () => {
  it('differs from the evaluation before it', () => {
    const writing: Progress = { ...progress, iteration: 0 };
    const learning: Progress = { ...writing, phase: 'warm-up', done: 3, total: 8, counts: 'steps' };
    expect([phaseWords(writing), whereWords(writing)]).toEqual(['Thinking', 'warm-up · thinks first']);
    expect([phaseWords(learning), countWords(learning)]).toEqual(['Warming up', '3 / 8 steps']);
  });
});

describe('the title of the tab', () => {
  it('says how far the run is and how long it takes', () => {
    expect(titleOf({ ...NO_RUN, run, active: true, progress })).toBe(
      '▶ 2/3 thinking 12/32 · 4 min left – Thinking Lab',
    );
    expect(titleOf({ ...NO_RUN, run: { ...run, status: 'paused' }, active: true, progress })).toMatch(/^❚❚ 2\/3/);
  });
  it('is the name of the page when no run is active', () => {
    expect(titleOf(NO_RUN)).toBe('Thinking Lab');
    expect(titleOf({ ...NO_RUN, run: { ...run, status: 'finished' } })).toBe('Finished – Thinking Lab');
  });
});
