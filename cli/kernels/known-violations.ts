/**
 * Kernels that do not keep the budgets yet. `npm run kernels` fails for a kernel over a budget that is not listed, and
 * for a listed one that keeps all budgets.
 */

export interface KnownViolation {
  /** File in shaders/, entry point and constants of the kernel. */
  readonly kernel: string;
  readonly entry: string;
  readonly constants: Readonly<Record<string, number | boolean>>;
  /** Types of weights with which it violates a budget, for kernels that read weights. */
  readonly weights?: readonly string[];
  readonly reason: string;
}

const TILE = 'many sums in a thread, while decoding';

const quantised = { RUN: 8, STEPS: 1 };
const rows4 = { TILE_ROWS: 4, TILE_COLS: 1, GROUP_COLS: 16, GROUP_ROWS: 4 };

const linear = (
  entry: string,
  constants: KnownViolation['constants'],
  weights: readonly string[],
): KnownViolation => ({ kernel: 'linear', entry, constants, weights, reason: TILE });

export const KNOWN_VIOLATIONS: readonly KnownViolation[] = [
  linear('forward', { ...rows4, ...quantised }, ['q2_k', 'q3_k', 'q6_k']),
];
