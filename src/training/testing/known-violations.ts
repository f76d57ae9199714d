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
const NOT_STATED = 'the operation states no sum';
const ONE_THREAD = 'one thread adds a whole sum';

export const KNOWN_VIOLATIONS: readonly KnownViolation[] = [
  { rule: 'grid', plans: ['decode'], kernel: 'linear.forward_split', reason: 'a workgroup computes four outputs' },
  ...(['linear.forward', 'linear.forward_tiled'] as const).map(
    (kernel): KnownViolation => ({
      rule: 'flops',
      plans: ['prefill', 'decode', 'scoring', 'gradient', 'verdict'],
      kernel,
      reason: WHOLE_BATCH,
    }),
  ),
  { rule: 'flops', plans: ['decode'], kernel: 'linear.forward_split', reason: WHOLE_BATCH },
  { rule: 'flops', plans: ['gradient'], kernel: 'linear.backward', reason: WHOLE_BATCH },
  { rule: 'threads', plans: ['decode'], kernel: 'linear.forward', reason: ONE_THREAD },
  { rule: 'sum is stated', plans: ['decode'], kernel: 'linear.forward', reason: NOT_STATED },
  { rule: 'sum is stated', plans: ['decode'], kernel: 'linear.forward_split', reason: NOT_STATED },
];
