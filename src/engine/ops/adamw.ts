import code from '../../../shaders/adamw.wgsl?raw';
import type { Planner, UniformValue } from '../planner';
import { checkFour, checkShape, checkSize } from '../shapes';
import type { Tensor } from '../tensor';

const source = { name: 'adamw', code };
const PARTS = 256;

export interface AdamW {
  /** f32 [size] each; `size` is a multiple of four. */
  readonly parameters: Tensor;
  readonly grad: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  /** f32 [4]: the first value is the norm before clipping. */
  readonly norm: Tensor;
  readonly size: number;
  readonly learningRate: UniformValue;
  /** 1 − beta1ᵗ and √(1 − beta2ᵗ) at step t. */
  readonly correction1: UniformValue;
  readonly correction2: UniformValue;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  /** 0 turns clipping off. */
  readonly maxNorm: number;
}

/** Clips by the global norm and updates all parameters, in three dispatches. */
export function adamw(p: Planner, o: AdamW): void {
  checkFour('adamw', 'size', o.size);
  for (const tensor of [o.parameters, o.grad, o.m, o.v]) checkShape('adamw', tensor, [o.size]);
  checkSize('adamw', { tensor: o.norm }, 1);
  const parts = p.activation('norm parts', [PARTS]);
  const uniforms = {
    size: o.size / 4,
    learningRate: o.learningRate,
    beta1: o.beta1,
    beta2: o.beta2,
    eps: o.eps,
    decay: o.decay,
    maxNorm: o.maxNorm,
    correction1: o.correction1,
    correction2: o.correction2,
  };
  const variant = (entry: string) => ({ source, entry, libs: [], constants: {} });
  const { parameters, grad, m, v, norm } = o;
  p.emit({ variant: variant('norm_parts'), bindings: { grad, parts }, uniforms, grid: [PARTS / 64] });
  p.emit({ variant: variant('norm_total'), bindings: { parts, norm }, uniforms, grid: [1] });
  const groups = Math.ceil(o.size / 4 / 64);
  const x = Math.min(groups, 4096);
  p.emit({
    variant: variant('update'),
    bindings: { parameters, grad, m, v, norm },
    uniforms,
    grid: [x, Math.ceil(groups / x)],
  });
}
