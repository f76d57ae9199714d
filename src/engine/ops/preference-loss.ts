import code from '../../../shaders/preference-loss.wgsl?raw';
import type { LossKind } from '../../recipe/recipe';
import type { Planner, UniformValue } from '../planner';
import { checkSize, vectorLength } from '../shapes';
import { capacity, type Extent, type Tensor } from '../tensor';

const source = { name: 'preference-loss', code };

/** The shader's case for each loss. */
const CASES: Readonly<Record<LossKind, number>> = {
  sigmoid: 0,
  ipo: 1,
  hinge: 2,
  robust: 3,
  sigmoid_norm: 4,
  apo_zero: 5,
};

export interface PreferenceLoss {
  /** [M] */
  readonly logps: Tensor;
  readonly pairs: Extent;
  /** u32 [pairs, 4]: first row and number of rows of the chosen branch, then of the rejected one. */
  readonly branches: Tensor;
  /** f32 [pairs, 2] */
  readonly reference: Tensor;
  /** f32 [pairs, 4]: loss, Σ chosen, Σ rejected, 0. */
  readonly results: Tensor;
  /** f32 [pairs, 2] */
  readonly dbranch: Tensor;
  readonly kind: LossKind;
  readonly beta: number;
  readonly labelSmoothing: number;
  /** Factors of a pair's loss (0 for SFT alone) and of the negative log-likelihood of a chosen token. */
  readonly weight: UniformValue;
  readonly sftWeight: UniformValue;
}

/**
 * Writes `results` and `dbranch`: one dispatch computes the loss and its gradient, so there is no rule to record for
 * the backward pass. The gradient of `logps` is `dbranch`, one value for all rows of a branch; `logprob`
 * reads it like this.
 */
export function preferenceLoss(p: Planner, o: PreferenceLoss): void {
  const op = 'preference-loss';
  const pairs = capacity(o.pairs);
  vectorLength(op, o.logps);
  for (const [tensor, perPair] of [
    [o.branches, 4],
    [o.reference, 2],
    [o.results, 4],
    [o.dbranch, 2],
  ] as const)
    checkSize(op, { tensor }, perPair * pairs);
  p.emit({
    variant: { source, entry: 'forward', libs: [], constants: {} },
    bindings: { logps: o.logps, branches: o.branches, reference: o.reference, results: o.results, dbranch: o.dbranch },
    uniforms: {
      pairs: o.pairs,
      kind: CASES[o.kind],
      beta: o.beta,
      smoothing: o.labelSmoothing,
      weight: o.weight,
      sftWeight: o.sftWeight,
    },
    grid: [{ extent: o.pairs, per: 64 }],
  });
  p.setGrad(o.logps, o.dbranch);
}
