import { at } from './indexing';

export interface AdamW {
  /** [size] each: parameters, gradient, first and second moment. */
  readonly params: Float64Array;
  readonly grads: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
  /** 1 for the first update. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Factor of the gradient: `clipFactor` divided by the number of accumulated micro-batches. */
  readonly gradScale?: number;
}

/**
 * One step of torch.optim.AdamW: g = gradScale · grads; p ← p · (1 − lr · wd); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 −
 * β₂)g²; p ← p − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε). The inputs are not changed.
 */
export function adamwStep(options: AdamW): { params: Float64Array; m: Float64Array; v: Float64Array } {
  const { step, learningRate, beta1, beta2, epsilon, weightDecay, gradScale = 1 } = options;
  const m = options.m.map((x, i) => beta1 * x + (1 - beta1) * gradScale * at(options.grads, i));
  const v = options.v.map((x, i) => beta2 * x + (1 - beta2) * (gradScale * at(options.grads, i)) ** 2);
  const params = options.params.map((p, i) => {
    const mHat = at(m, i) / (1 - beta1 ** step);
    const vHat = at(v, i) / (1 - beta2 ** step);
    return p * (1 - learningRate * weightDecay) - (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
  });
  return { params, m, v };
}

/** The global norm, √Σ g². */
export function gradNorm(grads: Float64Array): number {
  return Math.sqrt(grads.reduce((sum, g) => sum + g * g, 0));
}

/**
 * The factor of torch.nn.utils.clip_grad_norm_: min(1, maxNorm / (norm + 1e-6)). Without clipping (maxNorm 0) it is
 * 1.
 */
export function clipFactor(norm: number, maxNorm: number): number {
  return maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1;
}
