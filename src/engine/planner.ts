/**
 * A plan is a list of dispatches over symbolic tensors. A model is defined once, as calls of operations. Each
 * operation emits its forward dispatches and records its gradient rule on a tape. `backward()` walks the tape in
 * reverse *while planning*, so nothing is differentiated when a plan is replayed.
 */
import { assert } from '../lib/assert';
import type { KernelVariant } from './kernel';
import { type BoundTensor, type Dim, type DType, type Extent, Scalar, type Tensor } from './tensor';
import { candidatesOf, chosenOf, type Tuning, UNTUNED, type Variant } from './tuning';

export type UniformValue = number | Dim | Scalar;
/** Number of workgroups along one axis: ⌈extent · scale / per⌉. */
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

/** Approximate floating-point operations for each unit of the extent. Dispatches with little work report none. */
export interface Work {
  readonly extent: Extent;
  readonly flops: number;
  /** The mean number of keys of a row that `flops` assumes, for attention. */
  readonly keys?: number;
  readonly sum?: Sum;
}

/**
 * The sum behind one output of a product or of attention. Its latency bounds a dispatch with few rows, so plans of
 * decoding must state it (src/training/plan-budgets.test.ts).
 */
export interface Sum {
  /** Number of terms: elements of K, or keys that a row may see. */
  readonly terms: number;
  /** Most terms that one thread adds one after the other. Fewer than `terms` where threads share a sum. */
  readonly inTurn: number;
}

const NO_WORK: Work = { extent: 0, flops: 0 };

/**
 * Most floating-point operations of one dispatch. A dispatch cannot be interrupted: a GPU of 0.3 TFLOP/s takes 33 ms
 * for so many, and Windows resets a device that does not answer for 2 s.
 */
const MOST_FLOPS = 10e9;

export interface DispatchSpec {
  readonly variant: KernelVariant;
  readonly bindings: Readonly<Record<string, Tensor | BoundTensor>>;
  readonly uniforms: Readonly<Record<string, UniformValue>>;
  readonly grid: readonly (GridAxis | number)[];
  readonly work?: Work;
}

/** A choice between variants that compute the same, up to rounding. */
export interface Decision {
  /**
   * Names the operation, its shape and its row class. On software adapters it should not name the shape, because
   * there each further measurement costs seconds.
   */
  readonly key: string;
  /** The variants that this adapter is offered. The first is used where nothing has been measured. */
  readonly candidates: readonly string[];
  /** Plans the operation alone, on slots, for the autotuner to measure. */
  readonly measure: (p: Planner) => Measured;
}

export interface Measured {
  /** Contents of u32 slots, by label. Slots of f32 are filled with random numbers, and those of f16 with zeros. */
  readonly inputs?: Readonly<Record<string, Uint32Array<ArrayBuffer>>>;
}

/** The result of planning. */
export interface Planned {
  readonly dispatches: readonly Dispatch[];
  /** The choices between variants that the plan depends on, by key. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

interface TapeEntry {
  readonly output: Tensor;
  readonly backward: () => void;
}

export class Planner {
  readonly dispatches: Dispatch[] = [];
  readonly decisions = new Map<string, Decision>();
  /** Bound where a kernel declares a binding that it does not read with these options. */
  readonly none: Tensor = { label: 'none', shape: [4], dtype: 'f32', kind: 'slot', requiresGrad: false };
  private tape: TapeEntry[] = [];
  private readonly grads = new Map<Tensor, Tensor>();
  private readonly makers = new Map<Tensor, () => Tensor>();
  private recomputing = false;

  constructor(
    readonly tuning: Tuning = UNTUNED,
    readonly mostFlops = MOST_FLOPS,
  ) {}

  /**
   * The variant that is used: the autotuner's choice, or the first that the adapter is offered. The decision is
   * recorded for the autotuner.
   * @param rows the number of rows that is measured for the row class
   */
  choose<V extends Variant>(
    key: string,
    rows: number,
    variants: Readonly<Record<string, V>>,
    measure: (p: Planner) => Measured,
  ): V {
    const candidates = candidatesOf(variants, rows, this.tuning);
    const chosen = this.tuning.force?.(variants) ?? chosenOf(candidates, this.tuning.choices[key]);
    assert(chosen !== undefined, `${key}: this adapter is offered no variant`);
    this.decisions.set(key, { key, candidates, measure });
    const variant = variants[chosen];
    assert(variant !== undefined, `${key}: there is no variant ${chosen}`);
    return variant;
  }

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

  /** Records a gradient rule. It is called only if a gradient has reached `output`. */
  record(output: Tensor, backward: () => void): void {
    if (output.requiresGrad) this.tape.push({ output, backward });
  }

  /** The gradient of a tensor, which must have one. */
  grad(tensor: Tensor): Tensor {
    const grad = this.grads.get(tensor);
    assert(grad !== undefined, `no gradient has reached ${tensor.label}`);
    return grad;
  }

  /** Sets the gradient of a tensor to one that another dispatch writes. */
  setGrad(tensor: Tensor, grad: Tensor): void {
    assert(!this.grads.has(tensor), `${tensor.label} already has a gradient`);
    this.grads.set(tensor, grad);
  }

  /**
   * The gradient that a rule adds to. `accumulate` is false for the first contribution, which overwrites, and true
   * for later ones.
   */
  contribute(tensor: Tensor): { grad: Tensor; accumulate: boolean } {
    const existing = this.grads.get(tensor);
    if (existing !== undefined) return { grad: existing, accumulate: true };
    const grad = this.activation(`d ${tensor.label}`, tensor.shape);
    this.grads.set(tensor, grad);
    return { grad, accumulate: false };
  }

  /**
   * For y = x + f(x): the gradient of y *is* the gradient of x, and the contribution of f is added in place. This is
   * correct because a rule reads the gradient of its output before any rule of an earlier operation adds to it.
   */
  shareGrad(output: Tensor, input: Tensor): void {
    if (input.requiresGrad) this.setGrad(input, this.grad(output));
  }

  /**
   * Declares how to compute a tensor again. Use it for tensors that cost less to recompute than to keep until the
   * backward pass.
   */
  recomputable(tensor: Tensor, make: () => Tensor): void {
    this.makers.set(tensor, make);
  }

  /**
   * For backward rules: the tensor, computed again if it is recomputable. Inside a checkpoint it has just been
   * computed, so it is used as it is.
   */
  recomputed(tensor: Tensor): Tensor {
    const make = this.recomputing ? undefined : this.makers.get(tensor);
    return make === undefined ? tensor : make();
  }

  /** Walks the tape in reverse. The gradients of the loss must have been set. */
  backward(): void {
    this.walk(this.tape.splice(0));
  }

  /**
   * Gradient checkpointing: `body` runs forward now without a tape. Its dispatches are emitted again right before its
   * backward pass, so that its activations need no memory in between.
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
