/**
 * Access to elements and rows that throws for an index outside of the array, so that the oracle never computes with
 * missing values.
 */

export function at(array: Float64Array | Uint32Array, index: number): number {
  const value = array[index];
  if (value === undefined) throw new RangeError(`index ${index} of ${array.length} values`);
  return value;
}

/** array[index] += value */
export function add(array: Float64Array, index: number, value: number): void {
  array[index] = at(array, index) + value;
}

/** Σ_i x[xAt + i] · y[yAt + i], i < length */
export function dot(x: Float64Array, xAt: number, y: Float64Array, yAt: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += at(x, xAt + i) * at(y, yAt + i);
  return sum;
}

/** out[outAt + i] += scale · x[xAt + i], i < length */
export function addScaled(
  out: Float64Array,
  outAt: number,
  scale: number,
  x: Float64Array,
  xAt: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) add(out, outAt + i, scale * at(x, xAt + i));
}
