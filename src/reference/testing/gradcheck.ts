import type { Rng } from '../../lib/testing/rng';
import { at } from '../indexing';

/** Test support: random arrays and gradients by central differences. */

export function randomArray(rng: Rng, size: number, scale = 1): Float64Array {
  return Float64Array.from({ length: size }, () => scale * rng.normal());
}

/** Σ values · weights: the scalar whose gradient by an operation's inputs is its backward of `weights`. */
export function weightedSum(values: Float64Array, weights: Float64Array): number {
  return values.reduce((sum, value, i) => sum + value * at(weights, i), 0);
}

/** (f(x + εe_i) − f(x − εe_i)) / 2ε for every i; error O(ε²) plus rounding of 1e-16 · |f| / ε. */
export function numericalGradient(f: (x: Float64Array) => number, x: Float64Array, epsilon = 1e-5): Float64Array {
  return x.map((value, i) => (f(x.with(i, value + epsilon)) - f(x.with(i, value - epsilon))) / (2 * epsilon));
}

/** Largest |actual − expected|, relative to the largest |expected|. */
export function relativeError(actual: Float64Array, expected: Float64Array): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values where ${expected.length} are expected`);
  const error = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - at(expected, i))), 0);
  return error / expected.reduce((max, value) => Math.max(max, Math.abs(value)), Number.MIN_VALUE);
}
