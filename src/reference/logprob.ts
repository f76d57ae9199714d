import { addScaled, at } from './indexing';
import { linearForward } from './linear';

export interface Logprob {
  /** [N, C]: hidden states after the final norm. */
  readonly hidden: Float64Array;
  /** [V, C]: the head, or the tied embedding. */
  readonly weight: Float64Array;
  /** u32 [N]: the token that each row predicts. */
  readonly targets: Uint32Array;
  readonly C: number;
}

export interface LogprobOutput {
  /** [N] */
  readonly logps: Float64Array;
  /** [N]: log Σ_v exp(logit[n,v]) */
  readonly lse: Float64Array;
}

/**
 * logit[n,v] = hidden[n]·weight[v]; logps[n] = logit[n,targets[n]] − lse[n]. Unlike the kernel, the twin computes all
 * logits.
 */
export function logprobForward({ hidden, weight, targets, C }: Logprob): LogprobOutput {
  const V = weight.length / C;
  const logits = linearForward({ inp: hidden, weight, I: C });
  const logps = new Float64Array(targets.length);
  const lse = new Float64Array(targets.length);
  for (const [n, target] of targets.entries()) {
    const row = logits.subarray(n * V, (n + 1) * V);
    const max = row.reduce((a, b) => Math.max(a, b));
    const logSum = max + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - max), 0));
    lse[n] = logSum;
    logps[n] = at(row, target) - logSum;
  }
  return { logps, lse };
}

/**
 * p = exp(logit − lse); dhidden[n] = dlogps[n] · (weight[targets[n]] − Σ_v p[n,v] · weight[v]) → [N, C]. The head is
 * frozen.
 */
export function logprobBackward({
  hidden,
  weight,
  targets,
  C,
  lse,
  dlogps,
}: Logprob & { readonly lse: Float64Array; readonly dlogps: Float64Array }): Float64Array {
  const V = weight.length / C;
  const logits = linearForward({ inp: hidden, weight, I: C });
  const dhidden = new Float64Array(hidden.length);
  for (const [n, target] of targets.entries()) {
    for (let v = 0; v < V; v++) {
      const dlogit = at(dlogps, n) * ((v === target ? 1 : 0) - Math.exp(at(logits, n * V + v) - at(lse, n)));
      addScaled(dhidden, n * C, dlogit, weight, v * C, C);
    }
  }
  return dhidden;
}
