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

export const KNOWN_VIOLATIONS: readonly KnownViolation[] = [];
