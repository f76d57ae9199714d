/** Element access that refuses an index outside the array: the oracle must not compute with holes. */

export function at(array: Float64Array | Uint32Array, index: number): number {
  const value = array[index];
  if (value === undefined) throw new RangeError(`index ${index} of ${array.length} values`);
  return value;
}

/** array[index] += value */
export function add(array: Float64Array, index: number, value: number): void {
  array[index] = at(array, index) + value;
}
