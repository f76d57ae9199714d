/**
 * Budgets of plans that kernels do not keep yet. src/training/plan-budgets.test.ts fails for a violation that is not
 * listed, and for an entry that no plan violates any more.
 */
import type { PlanName } from '../workspace';
import type { PlanRule } from './plan-budgets';

export interface KnownViolation {
  readonly rule: PlanRule;
  readonly plans: readonly PlanName[];
  /** The kernel's file and entry point. */
  readonly kernel: string;
  readonly reason: string;
}

const WHOLE_BATCH = 'one dispatch computes all rows and outputs';

export const KNOWN_VIOLATIONS: readonly KnownViolation[] = [
  { rule: 'flops', plans: ['scoring', 'gradient', 'verdict'], kernel: 'attention.forward', reason: WHOLE_BATCH },
  { rule: 'flops', plans: ['gradient'], kernel: 'attention.backward_q', reason: WHOLE_BATCH },
  { rule: 'flops', plans: ['gradient'], kernel: 'attention.backward_kv', reason: WHOLE_BATCH },
];
