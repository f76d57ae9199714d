import { at } from './indexing';

export type GluActivation = 'silu' | 'gelu_tanh';

export interface Glu {
  /** [N, 2F]: the F columns of the gate, then those of up. */
  readonly gateUp: Float64Array;
  readonly F: number;
  readonly activation: GluActivation;
}

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** Value and derivative of silu(x) = x · σ(x) or gelu_tanh(x) = ½x · (1 + tanh(√(2/π) · (x + 0.044715x³))). */
export function activate(activation: GluActivation, x: number): { value: number; derivative: number } {
  if (activation === 'silu') {
    const sigmoid = 1 / (1 + Math.exp(-x));
    return { value: x * sigmoid, derivative: sigmoid * (1 + x * (1 - sigmoid)) };
  }
  const t = Math.tanh(GELU_SLOPE * (x + GELU_CUBE * x ** 3));
  const slope = GELU_SLOPE * (1 + 3 * GELU_CUBE * x * x);
  return { value: 0.5 * x * (1 + t), derivative: 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope };
}

/** out[n,f] = act(gate[n,f]) · up[n,f] → [N, F] */
export function gluForward({ gateUp, F, activation }: Glu): Float64Array {
  const out = new Float64Array(gateUp.length / 2);
  for (let n = 0; n < out.length / F; n++) {
    for (let f = 0; f < F; f++) {
      out[n * F + f] = activate(activation, at(gateUp, n * 2 * F + f)).value * at(gateUp, n * 2 * F + F + f);
    }
  }
  return out;
}

/** dgate = dout · up · act′(gate), dup = dout · act(gate) → dgateUp [N, 2F] */
export function gluBackward({ gateUp, F, activation, dout }: Glu & { readonly dout: Float64Array }): Float64Array {
  const dgateUp = new Float64Array(gateUp.length);
  for (let n = 0; n < dout.length / F; n++) {
    for (let f = 0; f < F; f++) {
      const gate = n * 2 * F + f;
      const up = gate + F;
      const { value, derivative } = activate(activation, at(gateUp, gate));
      dgateUp[gate] = at(dout, n * F + f) * at(gateUp, up) * derivative;
      dgateUp[up] = at(dout, n * F + f) * value;
    }
  }
  return dgateUp;
}
