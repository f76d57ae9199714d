/**
 * A dimension of a tensor on the device. Kernels read four values at once, so widths are padded with zeros to
 * multiples of four: at the end, or after each half of a head, because rotary positions pair the halves.
 */

/** Entries [first, end) of the file are contiguous on the device, starting at `at`. */
export interface Run {
  readonly first: number;
  readonly end: number;
  readonly at: number;
}

export interface Axis {
  /** Number of entries in the file. */
  readonly size: number;
  /** Number of entries on the device, a multiple of four. */
  readonly padded: number;
  /** In order of both the file and the device. */
  readonly runs: readonly Run[];
}

export function toFour(size: number): number {
  return Math.ceil(size / 4) * 4;
}

export function plainAxis(size: number): Axis {
  return { size, padded: toFour(size), runs: [{ first: 0, end: size, at: 0 }] };
}

/** @param headSize even */
export function headAxis(heads: number, headSize: number): Axis {
  if (headSize % 4 === 0) return plainAxis(heads * headSize);
  const half = headSize / 2;
  const stride = toFour(headSize) / 2;
  return {
    size: heads * headSize,
    padded: 2 * heads * stride,
    runs: Array.from({ length: 2 * heads }, (_, i) => ({ first: i * half, end: (i + 1) * half, at: i * stride })),
  };
}

/** True if the axis is the same on the device as in the file. */
export function isPlain({ size, padded }: Axis): boolean {
  return size === padded;
}
