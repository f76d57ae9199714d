/** The types in which keys and values are stored. Kernels read and write them through shaders/lib/kv_*. */
import half from '../../shaders/lib/kv_f16.wgsl?raw';
import single from '../../shaders/lib/kv_f32.wgsl?raw';
import { assert } from '../lib/assert';
import { describeTensor } from './shapes';
import type { Tensor } from './tensor';

export const KEY_VALUE_LIBS = { f32: [single], f16: [half] } as const;

export type KeyValueType = keyof typeof KEY_VALUE_LIBS;

export interface KeyValueAccess {
  readonly dtype: KeyValueType;
  readonly libs: readonly string[];
}

/** How kernels access the tensor, which must hold floats. A tensor that needs a gradient must hold f32. */
export function keyValueAccess(op: string, kv: Tensor): KeyValueAccess {
  const { dtype, requiresGrad } = kv;
  assert(dtype !== 'u32', `${op}: ${describeTensor(kv)} is u32, not f32 or f16`);
  assert(dtype === 'f32' || !requiresGrad, `${op}: ${describeTensor(kv)} is f16 and cannot have a gradient`);
  return { dtype, libs: KEY_VALUE_LIBS[dtype] };
}
