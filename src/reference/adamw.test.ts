import { describe, expect, it } from 'vitest';
import { adamwStep, clipFactor, gradNorm } from './adamw';

const HYPER = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 };
const ZERO = Float64Array.of(0, 0, 0);

describe('adamw', () => {
  it('the first step moves every parameter by the learning rate, against the sign of its gradient', () => {
    const { params, m, v } = adamwStep({
      ...HYPER,
      params: ZERO,
      grads: Float64Array.of(2, -0.001, 0),
      m: ZERO,
      v: ZERO,
      step: 1,
    });
    expect(params[0]).toBeCloseTo(-0.1, 8);
    expect(params[1]).toBeCloseTo(0.1, 5);
    expect(params[2]).toBe(0);
    expect(m[0]).toBeCloseTo(0.2, 14);
    expect(v[0]).toBeCloseTo(0.2, 14);
  });

  it('decays independently of the gradient', () => {
    const { params } = adamwStep({
      ...HYPER,
      weightDecay: 0.5,
      params: Float64Array.of(2, 2, 2),
      grads: ZERO,
      m: ZERO,
      v: ZERO,
      step: 1,
    });
    expect([...params]).toEqual([1.9, 1.9, 1.9]);
  });

  it('scales the gradient', () => {
    const state = { ...HYPER, params: ZERO, m: ZERO, v: ZERO, step: 1 };
    expect(adamwStep({ ...state, grads: Float64Array.of(2, 4, -8), gradScale: 0.25 })).toEqual(
      adamwStep({ ...state, grads: Float64Array.of(0.5, 1, -2) }),
    );
  });
});

it('clips to a global norm', () => {
  expect(gradNorm(Float64Array.of(3, 0, -4))).toBe(5);
  expect(clipFactor(5, 1)).toBeCloseTo(0.2, 6);
  expect(clipFactor(0.5, 1)).toBe(1);
  expect(clipFactor(5, 0)).toBe(1);
});
