/** A file with its quantised tensors as float32, for who reads no blocks. */
import { dequantize, GGML_BLOCKS, type GgmlType, isGgmlType } from './dequantize';
import type { TensorFile, TensorInfo } from './tensor-file';

/** The type whose blocks have to be expanded; null: one that is read as it is. */
function quantized({ dtype }: TensorInfo): GgmlType | null {
  return isGgmlType(dtype) && GGML_BLOCKS[dtype].values > 1 ? dtype : null;
}

export function dequantized(file: TensorFile): TensorFile {
  const expand = (name: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
    const info = file.tensors.get(name);
    const type = info === undefined ? null : quantized(info);
    return type === null ? bytes : new Uint8Array(dequantize(type, bytes).buffer);
  };
  return {
    tensors: new Map(
      [...file.tensors].map(([name, info]) => {
        const type = quantized(info);
        if (type === null) return [name, info];
        const { values, bytes } = GGML_BLOCKS[type];
        return [name, { ...info, dtype: 'F32', length: (info.length / bytes) * values * 4 }];
      }),
    ),
    metadata: file.metadata,
    read: async (name) => expand(name, await file.read(name)),
    readRows: async (name, first, end) => expand(name, await file.readRows(name, first, end)),
  };
}
