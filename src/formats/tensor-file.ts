/** Tensors by name, whatever kind of file holds them; read whole or in slices of rows, so that no tensor need be in memory. */
import { LabError } from '../lib/errors';
import type { Allocate } from './byte-source';
import { dequantize, GGML_BLOCKS, type GgmlType, isGgmlType } from './dequantize';

export interface TensorInfo<D extends Dtype = Dtype> {
  readonly dtype: D;
  /** Outermost first. */
  readonly shape: readonly number[];
  /** From the first byte of the file that holds it. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** One file, or several shards. */
export interface TensorFile<D extends Dtype = Dtype> {
  readonly tensors: ReadonlyMap<string, TensorInfo<D>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The tensor's bytes as stored. @throws LabError bad-file where there is no such tensor */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Those of rows [first, end) of the outermost dimension, in memory as `ByteSource.read` takes it.
   * @throws LabError bad-file where there are no such rows
   */
  readRows(name: string, first: number, end: number, allocate?: Allocate): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Where rows [first, end) of a tensor are, from its first byte.
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
    throw new LabError('bad-file', `${name} is stored as ${dtype}, whose rows are no whole bytes.`);
  return { offset: first * rowBytes, length: (end - first) * rowBytes };
}

/** Values as float32, exactly. @throws LabError bad-file where the type is not one that weights are read from */
export async function readFloat32(file: TensorFile, name: string): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await file.read(name);
  const dtype = file.tensors.get(name)?.dtype;
  if (dtype === undefined || !isGgmlType(dtype)) {
    throw new LabError(
      'bad-file',
      `${name} is stored as ${dtype}; weights are read from ${Object.keys(GGML_BLOCKS).join(', ')}.`,
    );
  }
  return dequantize(dtype, bytes);
}

/** How a tensor's values may be stored: safetensors' data types and ggml's blocks. F32, F16 and BF16 are both. */

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
