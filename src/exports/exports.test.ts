import { describe, expect, it } from 'vitest';
import { PRESETS } from '../recipe/presets';
import type { DeviceInfo } from '../records/device';
import type { RunSummary } from '../records/runs';
import { summarizeIteration } from '../tpo/iteration-summary';
import { candidate, evaluation, rollout, sftStep, step } from '../tpo/testing/records';
import { metricsTable } from './metrics';
import { pairRows } from './pairs';
import { buildReport } from './report';

const chosen = candidate({ tokens: [7, 8, 2], thought: 'good', response: '4', score: 1 });
const rejected = candidate({
  index: 1,
  tokens: [9],
  thought: 'bad',
  response: '',
  score: null,
  malformed: 'truncated',
});
const paired = rollout([chosen, rejected], { chosen: 0, rejected: 1, rejectedMalformed: true }, { category: 'add' });
const unpaired = rollout([candidate(), candidate({ index: 1 })], { none: 'all-equal' });
const seconds = { reference: 3, evaluate: 4 };
const summary = summarizeIteration([paired, unpaired, unpaired], [step(), step({ step: 2 })], {
  iteration: 1,
  arm: 'thinking',
  seconds,
});

describe('an iteration’s summary', () => {
  it('counts what the records say', () => {
    expect(summary).toEqual({
      iteration: 1,
      arm: 'thinking',
      prompts: 3,
      candidates: 6,
      malformed: 1,
      pairs: 1,
      noPair: { 'all-equal': 2 },
      judge: expect.objectContaining({ judge: 'rule' }),
      tokens: { prefill: 9, decoded: 3 + 1 + 16, trained: 200 },
      seconds: { generate: 6, judge: 1.5, reference: 3, train: 0.5, evaluate: 4 },
    });
  });
});

describe('pairs in TRL’s preference format', () => {
  it('hold the text that was trained on, and its parts', () => {
    expect(pairRows([unpaired, paired], (tokens) => tokens.map((t) => `<${t}>`).join(''))).toEqual([
      {
        prompt: '<1><5><6>',
        chosen: '<7><8><2>',
        rejected: '<9>',
        score_chosen: 1,
        score_rejected: null,
        thought_chosen: 'good',
        response_chosen: '4',
        thought_rejected: 'bad',
        response_rejected: '',
        rejected_malformed: 'truncated',
        iteration: 1,
        arm: 'thinking',
        prompt_id: 'p',
        instruction: 'x',
        category: 'add',
      },
    ]);
  });
});

describe('the table of metrics', () => {
  it('has a row per step and evaluation, in the order of the run', () => {
    const { columns, rows } = metricsTable({
      steps: [step({ arm: 'direct' }), step({ step: 2 }), step()],
      sftSteps: [sftStep(), sftStep({ step: 2 })],
      evaluations: [evaluation({ iteration: 1 }), evaluation({ arm: 'direct' }), evaluation()],
    });
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
    const cell = (name: string) => rows.map((row) => row[columns.indexOf(name)]);
    expect(cell('iteration')).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(cell('arm')).toEqual([...Array(3).fill('thinking'), 'direct', ...Array(3).fill('thinking'), 'direct']);
    expect(cell('step')).toEqual([null, 1, 2, null, 1, 2, null, 1]);
    expect(cell('eval_accuracy')).toEqual([0.4, null, null, 0.4, null, null, 0.4, null]);
    expect(cell('loss').slice(0, 5)).toEqual([null, 1.2, 1.2, null, 0.69]);
    expect(cell('logps/chosen').slice(0, 5)).toEqual([null, null, null, null, -20]);
  });
});

describe('the report', () => {
  it('lists the steps of each iteration in order', () => {
    const device: DeviceInfo = {
      name: 'x',
      kind: 'software',
      speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 0 },
      features: [],
      maxBufferSize: 1,
      maxStorageBufferBindingSize: 1,
    };
    const run: RunSummary = {
      id: 'r',
      name: 'r',
      created: 0,
      updated: 0,
      status: 'finished',
      recipe: PRESETS.quick,
      device: 'x',
      bytes: 0,
      iterations: 1,
      failure: null,
    };
    const more = { device, memory: { planned: 5, peak: 5 }, adapter: { sha256: 'ab' } };
    const steps = [
      step({ step: 2, loss: 0.5 }),
      step({ iteration: 2, loss: 9 }),
      step({ arm: 'direct', loss: 9 }),
      step(),
    ];
    const detail = { summary: run, evaluations: [evaluation()], iterations: [summary], steps, sftSteps: [] };
    const report = buildReport(detail, more);
    expect(report).not.toHaveProperty('warmUp');
    expect(report).toMatchObject({ version: 1, recipe: PRESETS.quick, ...more });
    expect(report.evaluations).toEqual([
      {
        iteration: 0,
        arm: 'thinking',
        prompts: 300,
        checkable: null,
        accuracy: 0.4,
        meanScore: 0.4,
        malformed: 0.05,
        thoughtTokens: 19,
        responseTokens: 5,
        judge: 'rule',
        winRates: [],
      },
    ]);
    expect(report.iterations[0]?.noPair).toEqual({ 'all-equal': 2 });
    expect(report.iterations[0]?.judge).toEqual(summary.judge);
    expect(report.iterations[0]?.train).toMatchObject({ steps: 2, loss: [0.69, 0.5], learning_rate: [1e-3, 1e-3] });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);

    const sftSteps = [sftStep(), sftStep({ step: 2, loss: 0.9 })];
    const warmUp = summarizeIteration([rollout([chosen, rejected], null)], sftSteps, {
      iteration: 0,
      arm: 'thinking',
      seconds: { reference: 0, evaluate: 0 },
      samples: 1,
    });
    expect(buildReport({ ...detail, iterations: [warmUp, summary], sftSteps }, more)).toEqual({
      ...report,
      warmUp: {
        arm: 'thinking',
        prompts: 1,
        candidates: 2,
        malformed: 1,
        samples: 1,
        train: { steps: 2, loss: [1.2, 0.9], grad_norm: [2, 2], learning_rate: [2e-4, 2e-4] },
        tokens: { prefill: 3, decoded: 4, trained: 800 },
        seconds: { generate: 2, train: 0.4 },
      },
    });
  });
});
