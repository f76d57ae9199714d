import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { learningRate, warmupSteps } from './schedule';

interface Trajectory {
  constant: { steps: { lr: number }[] };
  cosine: { steps: { lr: number }[] };
}

describe('learning rate', () => {
  it.each(['llama', 'llama3', 'smollm2'])('equals the golden trajectories (%s)', (model) => {
    const url = new URL(`../../e2e/golden/models/${model}/trajectory.json`, import.meta.url);
    const trajectory: Trajectory = JSON.parse(readFileSync(url, 'utf8'));
    for (const [schedule, warmup] of [
      ['constant', 0],
      ['cosine', 0.2],
    ] as const) {
      const { steps } = trajectory[schedule];
      steps.forEach(({ lr }, step) => {
        expect(learningRate(step, steps.length, { learningRate: 1e-3, schedule, warmup })).toBeCloseTo(lr, 12);
      });
    }
  });

  it('warms up for at least one step where the share is above 0', () => {
    expect([1, 8, 16, 20, 21, 40, 100].map((steps) => warmupSteps(steps, 0.05))).toEqual([1, 1, 1, 1, 2, 2, 5]);
    expect(warmupSteps(8, 0)).toBe(0);
    expect(warmupSteps(8, 1)).toBe(8);
  });

  it('starts at 0, reaches the peak after the warm-up, and stays between 0 and the peak', () => {
    for (const steps of [1, 2, 7, 8, 100]) {
      for (const warmup of [0, 0.05, 0.5, 1]) {
        for (const schedule of ['cosine', 'constant'] as const) {
          const rates = Array.from({ length: steps }, (_, step) =>
            learningRate(step, steps, { learningRate: 2, schedule, warmup }),
          );
          expect(rates[0]).toBe(warmup === 0 ? 2 : 0);
          expect(rates.every((rate) => rate >= 0 && rate <= 2)).toBe(true);
          const peak = warmupSteps(steps, warmup);
          if (peak < steps) expect(rates[peak]).toBe(2);
        }
      }
    }
  });
});
