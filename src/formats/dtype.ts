/** How a tensor's values may be stored: safetensors' data types and ggml's blocks. F32, F16 and BF16 are both. */
import type { GgmlType } from './dequantize';

/** Bits of one value. In the order of the enumeration by which safetensors' own writer sorts (descending). */
export const SAFETENSORS_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDtype = keyof typeof SAFETENSORS_BITS;

export type Dtype = SafetensorsDtype | GgmlType;
