/**
 * Tensors by name, in any kind of file. They are read whole or in slices of rows, so that a large one is never in
 * memory.
 */
import { LabError } from '../lib/errors';
import type { Allocate } from './byte-source';
import type { GgmlType } from './ggml-types';

export interface TensorInfo<D extends Dtype = Dtype> {
  readonly dtype: D;
  /** Outermost dimension first. */
  readonly shape: readonly number[];
  /** Position in its file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/** The tensors of one file, or of several shards. */
export interface TensorFile<D extends Dtype = Dtype> {
  readonly tensors: ReadonlyMap<string, TensorInfo<D>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The tensor's bytes as stored. @throws LabError bad-file if there is no such tensor */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The bytes of rows [first, end) of the outermost dimension.
   * @param allocate as in `ByteSource.read`
   * @throws LabError bad-file if there are no such rows
   */
  readRows(name: string, first: number, end: number, allocate?: Allocate): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The byte range of rows [first, end), relative to the tensor's first byte.
 * @throws LabError bad-file
 */
export function rowRange(
  name: string,
  { dtype, shape, length }: TensorInfo,
  first: number,
  end: number,
): { offset: number; length: number } {
  const [rows] = shape;
  if (rows === undefined || !(first >= 0 && first <= end && end <= rows))
    throw new LabError(
      'bad-file',
      `${name} has the shape [${shape.join(', ')}], but rows ${first} to ${end} were asked for.`,
    );
  const rowBytes = rows === 0 ? 0 : length / rows;
  if (!Number.isInteger(rowBytes))
    throw new LabError('bad-file', `${name} is stored as ${dtype}, whose rows are not whole bytes.`);
  return { offset: first * rowBytes, length: (end - first) * rowBytes };
}

/** Bits per value of safetensors' data types, in the order of its enumeration: the writer sorts by it, descending. */
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

/** How a tensor's values are stored. F32, F16 and BF16 exist in both formats. */
export type Dtype = SafetensorsDtype | GgmlType;
