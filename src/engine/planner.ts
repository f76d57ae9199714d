/**
 * A plan is a list of dispatches over symbolic tensors. A model is written once, as calls of operations; each call emits its
 * forward dispatches and leaves its gradient rule on the tape. `backward()` walks the tape in reverse *while planning*:
 * nothing is differentiated when a plan is replayed.
 */
import { assert } from '../lib/assert';
import type { KernelVariant } from './kernel';
import { type BoundTensor, type Dim, type DType, type Extent, Scalar, type Tensor } from './tensor';

export type UniformValue = number | Dim | Scalar;
/** Workgroups in x, y, z, each ⌈extent · scale / per⌉. */
export interface GridAxis {
  readonly extent: Extent;
  readonly per: number;
  readonly scale?: number;
}

export interface Dispatch {
  readonly variant: KernelVariant;
  readonly bindings: ReadonlyMap<string, BoundTensor>;
  readonly uniforms: Readonly<Record<string, UniformValue>>;
  readonly grid: readonly GridAxis[];
  readonly work: Work;
}

/** Floating-point operations, about: so many for each of the extent's. Nothing is said of those that hardly count. */
export interface Work {
  readonly extent: Extent;
  readonly flops: number;
}

const NO_WORK: Work = { extent: 0, flops: 0 };

export interface DispatchSpec {
  readonly variant: KernelVariant;
  readonly bindings: Readonly<Record<string, Tensor | BoundTensor>>;
  readonly uniforms: Readonly<Record<string, UniformValue>>;
  readonly grid: readonly (GridAxis | number)[];
  readonly work?: Work;
}

/** Which variant of an operation this adapter runs fastest, by shape class; filled by the autotuner. */
export type Choices = Readonly<Record<string, string>>;

interface TapeEntry {
  readonly output: Tensor;
  readonly backward: () => void;
}

export class Planner {
  readonly dispatches: Dispatch[] = [];
  /** Stands where a kernel has a binding that this use of it never reads. */
  readonly none: Tensor = { label: 'none', shape: [4], dtype: 'f32', kind: 'slot', requiresGrad: false };
  private tape: TapeEntry[] = [];
  private readonly grads = new Map<Tensor, Tensor>();
  private readonly makers = new Map<Tensor, () => Tensor>();
  private recomputing = false;

  constructor(readonly choices: Choices = {}) {}

  activation(label: string, shape: readonly Extent[], requiresGrad = false, dtype: DType = 'f32'): Tensor {
    return { label, shape, dtype, kind: 'activation', requiresGrad };
  }

  slot(label: string, shape: readonly Extent[], dtype: DType = 'f32', requiresGrad = false): Tensor {
    return { label, shape, dtype, kind: 'slot', requiresGrad };
  }

  scalar(name: string): Scalar {
    return new Scalar(name);
  }

  emit(spec: DispatchSpec): void {
    const bindings = new Map(
      Object.entries(spec.bindings).map(
        ([name, bound]) => [name, 'tensor' in bound ? bound : { tensor: bound }] as const,
      ),
    );
    const grid = spec.grid.map((axis) => (typeof axis === 'number' ? { extent: axis, per: 1 } : axis));
    this.dispatches.push({
      variant: spec.variant,
      bindings,
      uniforms: spec.uniforms,
      grid,
      work: spec.work ?? NO_WORK,
    });
  }

  /** Leaves a gradient rule; it is called when (and only if) a gradient has reached `output`. */
  record(output: Tensor, backward: () => void): void {
    if (output.requiresGrad) this.tape.push({ output, backward });
  }

  /** The gradient that has reached a tensor. */
  grad(tensor: Tensor): Tensor {
    const grad = this.grads.get(tensor);
    assert(grad !== undefined, `no gradient has reached ${tensor.label}`);
    return grad;
  }

  /** Starts a tensor's gradient with one that is written elsewhere. */
  setGrad(tensor: Tensor, grad: Tensor): void {
    assert(!this.grads.has(tensor), `${tensor.label} already has a gradient`);
    this.grads.set(tensor, grad);
  }

  /**
   * Where a rule adds to a tensor's gradient: `accumulate` is false for the first contribution (which overwrites) and true for
   * the later ones.
   */
  contribute(tensor: Tensor): { grad: Tensor; accumulate: boolean } {
    const known = this.grads.get(tensor);
    if (known !== undefined) return { grad: known, accumulate: true };
    const grad = this.activation(`d ${tensor.label}`, tensor.shape);
    this.grads.set(tensor, grad);
    return { grad, accumulate: false };
  }

  /**
   * y = x + f(x): the gradient of y *is* the gradient of x, with f's contribution added in place. Right because a rule reads
   * its output's gradient before any rule of an earlier operation adds to it.
   */
  shareGrad(output: Tensor, input: Tensor): void {
    if (input.requiresGrad) this.setGrad(input, this.grad(output));
  }

  /** Says how a tensor is made once more: cheaper than keeping it until a backward rule reads it. */
  recomputable(tensor: Tensor, make: () => Tensor): void {
    this.makers.set(tensor, make);
  }

  /** For backward rules: the tensor's values, made again where that was said; a checkpoint's are there already. */
  recomputed(tensor: Tensor): Tensor {
    const make = this.recomputing ? undefined : this.makers.get(tensor);
    return make === undefined ? tensor : make();
  }

  /** Walks the tape in reverse. Gradients of the loss must have been set. */
  backward(): void {
    this.walk(this.tape.splice(0));
  }

  /**
   * Gradient checkpointing: `body` runs forward now and leaves nothing on the tape; its dispatches are emitted again right
   * before its backward pass, so that its activations do not live in between.
   */
  checkpoint(input: Tensor, body: (input: Tensor) => Tensor): Tensor {
    const outer = this.tape;
    this.tape = [];
    const output = body(input);
    this.tape = outer;
    this.record(output, () => {
      const rest = this.tape;
      this.tape = [];
      const again = body(input);
      this.setGrad(again, this.grad(output));
      this.recomputing = true;
      this.walk(this.tape);
      this.recomputing = false;
      this.tape = rest;
    });
    return output;
  }

  private walk(tape: readonly TapeEntry[]): void {
    for (let i = tape.length - 1; i >= 0; i--) {
      const entry = tape[i] as TapeEntry;
      if (this.grads.has(entry.output)) entry.backward();
    }
  }
}
