import { assert } from './assert';

/** xs[i], which must be there: for an index that the surrounding code has already bounded. */
export function at<T>(xs: ArrayLike<T>, i: number): T {
  const x = xs[i];
  assert(x !== undefined, `index ${i} of ${xs.length}`);
  return x;
}
