/** Symbolic tensors: the values that plans compute on. Nothing here touches the device. */

/** A length that is known when a plan is replayed. Memory is planned for its capacity. */
export class Dim {
  constructor(
    readonly name: string,
    readonly capacity: number,
  ) {}
}

/** The part of a dim from `from` on, of at most `most`. Its length is 0 where the dim is shorter. */
export class DimPart extends Dim {
  constructor(
    dim: Dim,
    readonly from: number,
    readonly most: number,
  ) {
    super(dim.name, Math.max(0, Math.min(dim.capacity - from, most)));
  }
}

/** A number that is known when a plan is replayed, such as a learning rate or a seed. */
export class Scalar {
  constructor(readonly name: string) {}
}

export type Extent = number | Dim;
/** Of the operations, only those with keys and values take f16. */
export type DType = 'f32' | 'f16' | 'u32';

const DTYPE_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, u32: 4 };

/**
 * An `activation` lives in the arena from its first to its last use. A `slot` is a buffer that the caller binds by
 * its label: weights, adapter, cache, inputs, outputs.
 */
export interface Tensor {
  readonly label: string;
  readonly shape: readonly Extent[];
  readonly dtype: DType;
  readonly kind: 'activation' | 'slot';
  /** True if the backward pass needs a gradient of this tensor. */
  requiresGrad: boolean;
}

/** The binding of a kernel: a whole tensor, or `bytes` of it from `offset`, which is a multiple of 256. */
export interface BoundTensor {
  readonly tensor: Tensor;
  readonly offset?: number;
  readonly bytes?: number;
}

export function capacity(extent: Extent): number {
  return typeof extent === 'number' ? extent : extent.capacity;
}

/** The part of an extent from `from` on, of at most `most`. */
export function partOf(extent: Extent, from: number, most: number): Extent {
  return typeof extent === 'number' ? Math.max(0, Math.min(extent - from, most)) : new DimPart(extent, from, most);
}

/** Size in bytes. @param sizeOf the length of an extent, by default its capacity */
export function bytes({ dtype, shape }: Tensor, sizeOf: (extent: Extent) => number = capacity): number {
  return shape.reduce<number>((product, extent) => product * sizeOf(extent), DTYPE_BYTES[dtype]);
}
