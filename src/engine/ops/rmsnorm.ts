import code from '../../../shaders/rmsnorm.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner } from '../planner';
import { reduction } from '../reduction';
import { checkShape, checkSize, describeTensor, matrixShape } from '../shapes';
import { type BoundTensor, capacity, type Extent, type Tensor } from '../tensor';

const source = { name: 'rmsnorm', code };

export interface RmsNorm {
  /** [C], f32. */
  readonly weight: BoundTensor;
  readonly eps: number;
  /** 1 for Gemma's (1 + w), otherwise 0. */
  readonly offset: number;
  /** The true width, where zeros pad C to a multiple of four. By default C. */
  readonly size?: number;
  /** Added to the output [rows, C]. It gets the gradient of the output. */
  readonly residual?: Tensor;
}

/**
 * Returns [rows, C], the norms of the first `rows` rows of inp [N, C] (by default all). In the backward pass the
 * other rows of inp get a gradient of zero.
 */
export function rmsnorm(p: Planner, inp: Tensor, norm: RmsNorm, rows?: Extent): Tensor {
  const { weight, eps, offset, size, residual } = norm;
  const { rows: all, width: C } = matrixShape('rmsnorm', inp);
  const scored = rows ?? all;
  const width = C / 4;
  assert(
    capacity(scored) <= capacity(all),
    `rmsnorm: ${capacity(scored)} rows of ${describeTensor(inp)} are requested`,
  );
  checkNorm('rmsnorm', inp, norm);
  if (residual) checkShape('rmsnorm', residual, [scored, C]);
  const out = p.activation('rmsnorm', [scored, C], inp.requiresGrad || residual?.requiresGrad === true);
  const { libs, constants } = reduction(p.tuning);
  const uniforms = { scored, width, size: size ?? 4 * width, eps, offset, hasResidual: residual ? 1 : 0 };
  p.emit({
    variant: { source, entry: 'forward', libs, constants },
    bindings: { inp, weight, out, residual: residual ?? p.none },
    uniforms: { ...uniforms, rows: scored, accumulate: 0 },
    grid: [{ extent: scored, per: constants.ROWS }],
  });
  p.record(out, () => {
    const dout = p.grad(out);
    checkShape('rmsnorm backward', dout, [scored, C]);
    if (inp.requiresGrad) {
      const { grad: dinp, accumulate } = p.contribute(inp);
      p.emit({
        variant: { source, entry: 'backward', libs, constants },
        bindings: { inp, weight, dout, dinp },
        uniforms: { ...uniforms, rows: all, accumulate: accumulate ? 1 : 0 },
        grid: [{ extent: all, per: constants.ROWS }],
      });
    }
    if (residual) p.shareGrad(out, residual);
  });
  return out;
}

/** Checks the weight and the true width against the rows that are normed. */
export function checkNorm(op: string, inp: Tensor, { weight, size }: Pick<RmsNorm, 'weight' | 'size'>): void {
  const { width } = matrixShape(op, inp);
  assert(size === undefined || size <= width, `${op}: the true width ${size} is more than ${describeTensor(inp)} has`);
  checkSize(op, weight, width);
}
