import type { LossKind } from '../recipe/recipe';
import { at } from './indexing';

export interface PreferenceLoss {
  readonly kind: LossKind;
  readonly beta: number;
  /** The noise rate ε of `robust`, in [0, ½). */
  readonly labelSmoothing: number;
  /** Weight of the negative log-likelihood of the chosen. */
  readonly sftWeight: number;
  /** [P] each: log-probabilities of P pairs, summed over completion tokens. */
  readonly policyChosen: Float64Array;
  readonly policyRejected: Float64Array;
  readonly refChosen: Float64Array;
  readonly refRejected: Float64Array;
  /** [P]: number of completion tokens. */
  readonly chosenLengths: Uint32Array;
  readonly rejectedLengths: Uint32Array;
}

export interface PreferenceLossOutput {
  /** [P]: the preference loss of each pair, without the SFT term. */
  readonly losses: Float64Array;
  /** mean(losses) + sftWeight · sft */
  readonly loss: number;
  /** −Σ policyChosen / Σ chosenLengths: one mean over the tokens of all chosen completions. */
  readonly sft: number;
  /** [P]: derivatives of `loss`, including the SFT term. */
  readonly dPolicyChosen: Float64Array;
  readonly dPolicyRejected: Float64Array;
}

/** σ(x) without overflow. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** log σ(x) without overflow. */
function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * The loss of one pair and its derivatives by c = policyChosen − refChosen and r = policyRejected − refRejected, with
 * d = c − r and the lengths nc and nr. The formulas are those of TRL's DPOTrainer.
 */
function pairLoss(
  kind: LossKind,
  { c, r, nc, nr, beta, e }: { c: number; r: number; nc: number; nr: number; beta: number; e: number },
): { loss: number; dc: number; dr: number } {
  const x = beta * (c - r);
  switch (kind) {
    case 'sigmoid': {
      const dx = -sigmoid(-x);
      return { loss: -logSigmoid(x), dc: beta * dx, dr: -beta * dx };
    }
    case 'robust': {
      const dx = (-(1 - e) * sigmoid(-x) - e * sigmoid(x)) / (1 - 2 * e);
      return { loss: (-(1 - e) * logSigmoid(x) + e * logSigmoid(-x)) / (1 - 2 * e), dc: beta * dx, dr: -beta * dx };
    }
    case 'hinge': {
      const dx = x < 1 ? -1 : 0;
      return { loss: Math.max(0, 1 - x), dc: beta * dx, dr: -beta * dx };
    }
    case 'ipo': {
      const y = c / nc - r / nr - 1 / (2 * beta);
      return { loss: y * y, dc: (2 * y) / nc, dr: (-2 * y) / nr };
    }
    case 'sigmoid_norm': {
      const y = beta * (c / nc - r / nr);
      const dy = -sigmoid(-y);
      return { loss: -logSigmoid(y), dc: (beta * dy) / nc, dr: (-beta * dy) / nr };
    }
    case 'apo_zero': {
      const slope = (y: number): number => beta * sigmoid(y) * sigmoid(-y);
      return { loss: 1 - sigmoid(beta * c) + sigmoid(beta * r), dc: -slope(beta * c), dr: slope(beta * r) };
    }
    default:
      return kind satisfies never;
  }
}

/**
 * The mean preference loss of the pairs + sftWeight · SFT of the chosen, and the derivatives by the policy's
 * log-probabilities.
 */
export function preferenceLoss(options: PreferenceLoss): PreferenceLossOutput {
  const {
    kind,
    beta,
    labelSmoothing,
    sftWeight,
    policyChosen,
    policyRejected,
    refChosen,
    refRejected,
    chosenLengths,
    rejectedLengths,
  } = options;
  const P = policyChosen.length;
  const chosenTokens = Math.max(
    1,
    chosenLengths.reduce((sum, length) => sum + length, 0),
  );
  const losses = new Float64Array(P);
  const dPolicyChosen = new Float64Array(P);
  const dPolicyRejected = new Float64Array(P);
  for (let p = 0; p < P; p++) {
    const { loss, dc, dr } = pairLoss(kind, {
      c: at(policyChosen, p) - at(refChosen, p),
      r: at(policyRejected, p) - at(refRejected, p),
      nc: Math.max(1, at(chosenLengths, p)),
      nr: Math.max(1, at(rejectedLengths, p)),
      beta,
      e: labelSmoothing,
    });
    losses[p] = loss;
    dPolicyChosen[p] = dc / P - sftWeight / chosenTokens;
    dPolicyRejected[p] = dr / P;
  }
  const sft = -policyChosen.reduce((sum, logp) => sum + logp, 0) / chosenTokens;
  const loss = losses.reduce((sum, x) => sum + x, 0) / P + sftWeight * sft;
  return { losses, loss, sft, dPolicyChosen, dPolicyRejected };
}
