import { assert } from './assert';

/** `xs[i]`, for an index that the surrounding code has already checked. Throws if there is no such element. */
export function at<T>(xs: ArrayLike<T>, i: number): T {
  const x = xs[i];
  assert(x !== undefined, `index ${i} of ${xs.length}`);
  return x;
}
