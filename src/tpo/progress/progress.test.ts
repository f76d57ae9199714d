import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import { summarizeIteration } from '../iteration-summary';
import { evaluation } from '../testing/records';
import { ProgressMeter } from './progress-meter';
import { plannedWork, TimeLeft } from './time-left';

const recipe = PRESETS.quick;

describe('time left', () => {
  it('is unknown before anything was measured, and 0 if nothing is left', () => {
    const timeLeft = new TimeLeft(recipe, null);
    expect(timeLeft.seconds([{ work: 'train', arm: 'direct', units: 1 }], null)).toBeNull();
    expect(timeLeft.seconds([], null)).toBe(0);
  });

  it('is the work left times the measured mean of each kind and arm', () => {
    const timeLeft = new TimeLeft(recipe, null);
    timeLeft.add('generate', 'thinking', 10, 5);
    timeLeft.add('generate', 'thinking', 20, 5);
    timeLeft.add('train', 'direct', 4, 8);
    const left = [
      { work: 'generate', arm: 'thinking', units: 10 },
      { work: 'train', arm: 'direct', units: 2 },
    ] as const;
    expect(timeLeft.seconds(left, null)).toBeCloseTo(30 + 1);
  });

  it('is derived from evaluation, with another number of candidates, if generation was not measured', () => {
    const timeLeft = new TimeLeft(recipe, null);
    timeLeft.add('evaluate', 'thinking', 30, 300);
    const perPrompt = timeLeft.seconds([{ work: 'generate', arm: 'thinking', units: 1 }], null);
    expect(perPrompt).toBeCloseTo((0.1 * recipe.k) / recipe.evaluationSamples);
  });

  it('includes prompts and steps of a warm-up, with one completion where a pair has two', () => {
    const warm = { ...recipe, sftPrompts: 16, sftEpochs: 2, pairsPerStep: 8 };
    const work = plannedWork(warm, 10);
    const of = (kind: string, arm: string) => work.find((left) => left.work === kind && left.arm === arm)?.units;
    expect([of('sft', 'thinking'), of('sft', 'direct')]).toEqual([4, 0]);
    const generated = recipe.iterations * recipe.promptsPerIteration;
    expect([of('generate', 'thinking'), of('generate', 'direct')]).toEqual([generated + 16, generated]);
    const timeLeft = new TimeLeft(warm, null);
    timeLeft.add('train', 'thinking', 8, 4);
    expect(timeLeft.seconds([{ work: 'sft', arm: 'thinking', units: 3 }], null)).toBeCloseTo(3);
  });

  it('learns from another run the time of the policy, not of its judge', () => {
    const timeLeft = new TimeLeft(recipe, null);
    const place = { iteration: 1, arm: 'thinking', seconds: { reference: 0, evaluate: 0 } } as const;
    const summary = summarizeIteration([], [], place);
    timeLeft.learn({
      summary: { recipe },
      evaluations: [evaluation({ prompts: 10, seconds: 50, judgeSeconds: 30 })],
      iterations: [{ ...summary, prompts: 10, seconds: { ...summary.seconds, generate: 5, judge: 900 } }],
      steps: [],
      sftSteps: [],
    });
    expect(timeLeft.seconds([{ work: 'generate', arm: 'thinking', units: 10 }], null)).toBeCloseTo(5);
    expect(timeLeft.seconds([{ work: 'evaluate', arm: 'thinking', units: 10 }], null)).toBeCloseTo(20);
  });

  it('includes work in progress and partly done prompts', () => {
    const timeLeft = new TimeLeft(recipe, null);
    const now = { work: 'generate', arm: 'direct', units: 2.5, seconds: 5 } as const;
    expect(timeLeft.seconds([{ work: 'generate', arm: 'direct', units: 3 }], now)).toBeCloseTo(6);
  });
});

describe('progress meter', () => {
  it('measures the speed of the last few seconds, but not across a pause', () => {
    let now = 0;
    const meter = new ProgressMeter(recipe, null, () => now);
    meter.begin('generate', 'thinking');
    expect(meter.tokensPerSecond()).toBeNull();
    for (now = 50; now <= 10_000; now += 50) meter.tokens(now < 5000 ? 1 : 10);
    expect(meter.tokensPerSecond()).toBeCloseTo(200, 0);
    meter.pause();
    expect(meter.tokensPerSecond()).toBeNull();
    now = 60_000;
    meter.begin('generate', 'thinking');
    now += 500;
    meter.tokens(50);
    expect(meter.tokensPerSecond()).toBeCloseTo(100);
  });

  it('does not count the time of a pause', () => {
    let now = 0;
    const meter = new ProgressMeter(recipe, null, () => now);
    const left = [{ work: 'train', arm: 'direct', units: 10 }] as const;
    meter.begin('train', 'direct');
    now = 2000;
    expect(meter.end(1)).toBe(2);
    now = 100_000;
    expect(meter.secondsLeft(left, 0)).toBeCloseTo(20);
    meter.pause();
    meter.begin('train', 'direct');
    now = 104_000;
    meter.end(1);
    expect(meter.secondsLeft(left, 0)).toBeCloseTo(30);
  });
});
