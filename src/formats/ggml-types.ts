/** The data types of ggml in which weights are read. */

/** Values and bytes of one block. */
export const GGML_BLOCKS = {
  F32: { values: 1, bytes: 4 },
  F16: { values: 1, bytes: 2 },
  BF16: { values: 1, bytes: 2 },
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q5_1: { values: 32, bytes: 24 },
  Q8_0: { values: 32, bytes: 34 },
  Q2_K: { values: 256, bytes: 84 },
  Q3_K: { values: 256, bytes: 110 },
  Q4_K: { values: 256, bytes: 144 },
  Q5_K: { values: 256, bytes: 176 },
  Q6_K: { values: 256, bytes: 210 },
  IQ4_NL: { values: 32, bytes: 18 },
} as const satisfies Readonly<Record<string, { readonly values: number; readonly bytes: number }>>;

export type GgmlType = keyof typeof GGML_BLOCKS;

export function isGgmlType(type: string): type is GgmlType {
  return Object.hasOwn(GGML_BLOCKS, type);
}
