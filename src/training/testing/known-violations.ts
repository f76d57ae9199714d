/**
 * Budgets of plans that kernels do not keep yet. src/training/plan-budgets.test.ts fails for a violation that is not
 * listed, and for an entry that no plan violates any more.
 */
import type { PlanName } from '../workspace-plan';
import type { PlanRule } from './plan-budgets';

export interface KnownViolation {
  readonly rule: PlanRule;
  readonly plans: readonly PlanName[];
  /** The kernel's file and entry point. */
  readonly kernel: string;
  readonly reason: string;
}

export const KNOWN_VIOLATIONS: readonly KnownViolation[] = [];
