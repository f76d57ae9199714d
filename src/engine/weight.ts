/** Frozen weights on the device, in the type they are stored in. Kernels read them through `load_weight` (shaders/lib/weight_*). */
import bf16 from '../../shaders/lib/weight_bf16.wgsl?raw';
import f16 from '../../shaders/lib/weight_f16.wgsl?raw';
import f32 from '../../shaders/lib/weight_f32.wgsl?raw';
import type { BoundTensor } from './planner';

export type WeightStorage = 'f32' | 'f16' | 'bf16';

/** `load_weight` of each storage type. */
export const WEIGHT_LIB: Readonly<Record<WeightStorage, string>> = { f32, f16, bf16 };

export const BYTES_PER_WEIGHT: Readonly<Record<WeightStorage, number>> = { f32: 4, f16: 2, bf16: 2 };

/** A matrix [rows, cols], in one part or, where it is larger than a binding may be, in several runs of rows. */
export interface Weight {
  readonly label: string;
  readonly rows: number;
  readonly cols: number;
  readonly storage: WeightStorage;
  readonly parts: readonly WeightPart[];
}

export interface WeightPart {
  /** Rows [first, end) of the matrix; all but the last part begin and end at multiples of four. */
  readonly first: number;
  readonly end: number;
  readonly bound: BoundTensor;
}
