/** Checks a condition that can only be false because of a mistake in this program. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** `xs[i]`, for an index that the surrounding code has already checked. Throws if there is no such element. */
export function at<T>(xs: ArrayLike<T>, i: number): T {
  const x = xs[i];
  assert(x !== undefined, `index ${i} of ${xs.length}`);
  return x;
}
