import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { PhaseCosts } from '../../training/phase-costs';
import { TimeLeft } from './time-left';
import { expectedTokens, type RunCosts, secondsOfUnit } from './unit-costs';

const recipe = { ...PRESETS.quick, k: 8, lanes: 64, pairsPerStep: 4 };
/** A decode step takes 10 ms, a prefilled prompt 2 ms, a pair 50 ms to score and 150 ms to train. */
const phases = {
  lanes: 64,
  prefill: (prompts: number) => 0.002 * prompts,
  decode: () => 0.01,
  scoring: ({ pairs }: { pairs: number }) => 0.05 * pairs,
  step: ({ pairs }: { pairs: number }) => 0.15 * pairs,
} as unknown as PhaseCosts;
const costs: RunCosts = { phases, promptTokens: () => 30 };

it('a prompt is a share of a prefill and of the decode steps of all lanes', () => {
  const tokens = expectedTokens(recipe, 'thinking');
  expect(secondsOfUnit(costs, recipe, 'generate', 'thinking')).toBeCloseTo(0.002 + (8 * tokens * 0.01) / 64);
  expect(secondsOfUnit(costs, recipe, 'reference', 'direct')).toBeCloseTo(0.05);
  expect(secondsOfUnit(costs, recipe, 'train', 'direct')).toBeCloseTo(0.6);
});

describe('time left with a cost model', () => {
  it('is known before anything was measured', () => {
    const timeLeft = new TimeLeft(recipe, costs);
    expect(timeLeft.seconds([{ work: 'train', arm: 'direct', units: 10 }], null)).toBeCloseTo(6);
    expect(timeLeft.reading(1000)).toBeGreaterThan(0);
  });

  it('is corrected by what was measured: the same kind of work first, otherwise the most similar one', () => {
    const timeLeft = new TimeLeft(recipe, costs);
    timeLeft.add('train', 'thinking', 12, 10);
    const seconds = (work: 'train' | 'reference', arm: 'thinking' | 'direct') =>
      timeLeft.seconds([{ work, arm, units: 10 }], null);
    expect(seconds('train', 'thinking')).toBeCloseTo(12);
    expect(seconds('train', 'direct')).toBeCloseTo(12);
    expect(seconds('reference', 'direct')).toBeCloseTo(2 * 0.5);
    timeLeft.add('reference', 'direct', 0.25, 10);
    expect(seconds('reference', 'direct')).toBeCloseTo(0.25);
    expect(seconds('train', 'direct')).toBeCloseTo(12);
  });

  it('is not extrapolated from the beginning of a unit, which may be prefill only', () => {
    const timeLeft = new TimeLeft(recipe, costs);
    const left = (units: number, seconds: number) =>
      timeLeft.seconds([{ work: 'train', arm: 'direct', units: 10 }], {
        work: 'train',
        arm: 'direct',
        units,
        seconds,
      });
    expect(left(0.01, 3)).toBeCloseTo(6);
    expect(left(1, 1.2)).toBeCloseTo(12);
  });

  it('learns from another run with longer completions', () => {
    const timeLeft = new TimeLeft(recipe, costs);
    const longer = { ...recipe, maxNewTokens: 2 * recipe.maxNewTokens };
    timeLeft.add('train', 'thinking', 12, 10, longer);
    expect(timeLeft.seconds([{ work: 'train', arm: 'thinking', units: 10 }], null)).toBeCloseTo(6);
  });
});
