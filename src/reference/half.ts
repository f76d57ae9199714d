/** The largest number of f16. */
const LARGEST = 65504;

/**
 * The nearest number of f16, ties to the one with the even last bit. Numbers beyond ±65504 become ±65504, as in a
 * cache of f16.
 */
export function nearestHalf(x: number): number {
  const magnitude = Math.abs(x);
  // Below 2⁻¹⁴ numbers are subnormal, all 2⁻²⁴ apart.
  let exponent = -14;
  while (exponent < 15 && magnitude >= 2 ** (exponent + 1)) exponent++;
  const unit = 2 ** (exponent - 10);
  const below = Math.floor(magnitude / unit);
  const rest = magnitude / unit - below;
  const units = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  return Math.sign(x) * Math.min(units * unit, LARGEST);
}
