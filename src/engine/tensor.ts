/** Symbolic tensors: what a plan is made of. Nothing here touches the device. */

/** A length that is known when a plan is replayed; memory is planned for its capacity. */
export class Dim {
  constructor(
    readonly name: string,
    readonly capacity: number,
  ) {}
}

/** A number that is known when a plan is replayed (a learning rate, a step). */
export class Scalar {
  constructor(readonly name: string) {}
}

export type Extent = number | Dim;
export type DType = 'f32' | 'u32';

/**
 * `activation`: lives in the arena from its first to its last use. `slot`: a buffer that the caller binds by name (weights,
 * adapter, cache, inputs, outputs).
 */
export interface Tensor {
  readonly label: string;
  readonly shape: readonly Extent[];
  readonly dtype: DType;
  readonly kind: 'activation' | 'slot';
  /** Set where a gradient flows through it. */
  requiresGrad: boolean;
}

/** What a kernel binds: a whole tensor, or `bytes` of it from `offset`, which is a multiple of 256. */
export interface BoundTensor {
  readonly tensor: Tensor;
  readonly offset?: number;
  readonly bytes?: number;
}

export function capacity(extent: Extent): number {
  return typeof extent === 'number' ? extent : extent.capacity;
}

/** Elements at full capacity. */
export function elements(tensor: Tensor): number {
  return tensor.shape.reduce<number>((product, extent) => product * capacity(extent), 1);
}

/** Bytes at full capacity; every dtype here has four. */
export function bytes(tensor: Tensor): number {
  return elements(tensor) * 4;
}
