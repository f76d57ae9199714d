/**
 * A dimension as the device has it. Kernels read four values at once, so widths there are multiples of four: zeros stand behind the
 * true entries, or behind each half of a head, because rotary positions pair the halves.
 */

/** Entries [first, end) stand together, from `at` on. */
export interface Run {
  readonly first: number;
  readonly end: number;
  readonly at: number;
}

export interface Axis {
  /** True entries, as files have them. */
  readonly size: number;
  /** Entries on the device, a multiple of four. */
  readonly padded: number;
  /** In order, both of the files and of the device. */
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

/** The device has the axis as files have it: nothing moves, nothing is padded. */
export function isPlain({ size, padded }: Axis): boolean {
  return size === padded;
}
