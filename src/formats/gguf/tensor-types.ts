/** ggml's tensor types by their number in a file (ggml.h, `enum ggml_type`). */
import type { GgmlType } from '../ggml-types';

/** Types that the lab reads. */
const READ: Readonly<Record<number, GgmlType>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  20: 'IQ4_NL',
  30: 'BF16',
};

/** Unsupported types. The error names them. */
const OTHERS: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
  40: 'NVFP4',
};

/** Types that were removed from the format. */
const REMOVED: Readonly<Record<number, string>> = {
  4: 'Q4_2',
  5: 'Q4_3',
  31: 'Q4_0_4_4',
  32: 'Q4_0_4_8',
  33: 'Q4_0_8_8',
  36: 'IQ4_NL_4_4',
  37: 'IQ4_NL_4_8',
  38: 'IQ4_NL_8_8',
};

export type TensorType =
  | { readonly kind: 'read'; readonly type: GgmlType }
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'removed'; readonly type: string }
  | { readonly kind: 'unknown' };

export function tensorType(id: number): TensorType {
  const read = READ[id];
  if (read !== undefined) return { kind: 'read', type: read };
  const other = OTHERS[id];
  if (other !== undefined) return { kind: 'other', type: other };
  const removed = REMOVED[id];
  return removed === undefined ? { kind: 'unknown' } : { kind: 'removed', type: removed };
}
