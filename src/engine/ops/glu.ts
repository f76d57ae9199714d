import code from '../../../shaders/glu.wgsl?raw';
import activationLib from '../../../shaders/lib/activation.wgsl?raw';
import type { Planner } from '../planner';
import { checkFour, checkShape, describeTensor, matrixShape } from '../shapes';
import type { Tensor } from '../tensor';

const source = { name: 'glu', code };

export type Activation = 'silu' | 'gelu_tanh';

/** Returns act(gate) · up [N, F] for inp [N, 2F], which holds gate, then up. */
export function glu(p: Planner, inp: Tensor, activation: Activation): Tensor {
  const { rows, width } = matrixShape('glu', inp);
  const F = width / 2;
  checkFour('glu', `half the width of ${describeTensor(inp)}`, F);
  const out = p.activation('glu', [rows, F], inp.requiresGrad);
  const common = {
    uniforms: { rows, width: F / 4 },
    grid: [
      { extent: F / 4, per: 64 },
      { extent: rows, per: 1 },
    ],
  };
  const constants = { GELU: activation === 'gelu_tanh' };
  const forward = (to: Tensor): Tensor => {
    p.emit({
      variant: { source, entry: 'forward', libs: [activationLib], constants },
      bindings: { inp, out: to },
      ...common,
    });
    return to;
  };
  forward(out);
  // The output is recomputed: it is half as wide as the input, which the backward pass keeps anyway.
  p.recomputable(out, () => forward(p.activation('glu again', [rows, F])));
  p.record(out, () => {
    const dout = p.grad(out);
    checkShape('glu backward', dout, [rows, F]);
    const { grad: dinp } = p.contribute(inp);
    p.emit({
      variant: { source, entry: 'backward', libs: [activationLib], constants },
      bindings: { inp, dout, dinp },
      ...common,
    });
  });
  return out;
}
