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

const plain = { RUN: 1, STEPS: 1 };
const quantised = { RUN: 8, STEPS: 1 };
const rows8 = { TILE_ROWS: 8, TILE_COLS: 1, GROUP_COLS: 8, GROUP_ROWS: 8 };
const rows4cols8 = { TILE_ROWS: 4, TILE_COLS: 2, GROUP_COLS: 8, GROUP_ROWS: 8 };
const rows4 = { TILE_ROWS: 4, TILE_COLS: 1, GROUP_COLS: 16, GROUP_ROWS: 4 };
const split = { TILE_ROWS: 8, TILE_COLS: 1, GROUP_COLS: 1, GROUP_ROWS: 1 };
const allPlain = ['f32', 'f16', 'bf16'];
const allQuantised = ['q4_0', 'q4_1', 'q5_0', 'q5_1', 'q8_0', 'iq4_nl', 'q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k'];

const linear = (
  entry: string,
  constants: KnownViolation['constants'],
  weights: readonly string[],
): KnownViolation => ({ kernel: 'linear', entry, constants, weights, reason: TILE });

export const KNOWN_VIOLATIONS: readonly KnownViolation[] = [
  linear('forward', { ...rows8, ...plain }, allPlain),
  linear('forward', { ...rows8, ...quantised }, allQuantised),
  linear('forward', { ...rows4cols8, ...plain }, allPlain),
  linear('forward', { ...rows4cols8, ...quantised }, allQuantised),
  linear('forward', { ...rows4, ...quantised }, ['q2_k', 'q3_k', 'q5_k', 'q6_k']),
  linear('forward_split', { ...split, ...quantised }, ['q3_k', 'q5_k']),
];
