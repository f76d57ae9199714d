import { addScaled, at, dot } from './indexing';

export interface Linear {
  /** [N, I] */
  readonly inp: Float64Array;
  /** [O, I] */
  readonly weight: Float64Array;
  readonly I: number;
  /** [O] */
  readonly bias?: Float64Array;
  /** [N, O], added to the output, as is `delta`. */
  readonly residual?: Float64Array;
  /** [N, O], from `loraForward`. */
  readonly delta?: Float64Array;
}

/** out[n,o] = Σ_i inp[n,i] · weight[o,i] (+ bias[o]) (+ residual[n,o]) (+ delta[n,o]) → [N, O] */
export function linearForward({ inp, weight, I, bias, residual, delta }: Linear): Float64Array {
  const N = inp.length / I;
  const O = weight.length / I;
  const out = new Float64Array(N * O);
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      let sum = bias ? at(bias, o) : 0;
      if (residual) sum += at(residual, n * O + o);
      if (delta) sum += at(delta, n * O + o);
      out[n * O + o] = sum + dot(inp, n * I, weight, o * I, I);
    }
  }
  return out;
}

/** dinp[n,i] = Σ_o dout[n,o] · weight[o,i], [N, I]. Weight and bias are frozen; dresidual = ddelta = dout. */
export function linearBackward({
  weight,
  I,
  dout,
}: {
  readonly weight: Float64Array;
  readonly I: number;
  readonly dout: Float64Array;
}): Float64Array {
  const O = weight.length / I;
  const N = dout.length / O;
  const dinp = new Float64Array(N * I);
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      addScaled(dinp, n * I, at(dout, n * O + o), weight, o * I, I);
    }
  }
  return dinp;
}
