import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32 } from './half';

/** The value of a float16 by the definition of the format, in double precision. */
function float16(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 0x1f;
  const mantissa = h & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

describe('16-bit floats', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);

  it('converts every float16 exactly', () => {
    const converted = float16ToFloat32(all);
    expect(all.every((h, i) => Object.is(converted[i], float16(h)))).toBe(true);
  });

  it('converts every bfloat16 exactly', () => {
    const bits = new Uint32Array(bfloat16ToFloat32(all).buffer);
    expect(all.every((h, i) => bits[i] === h * 0x10000)).toBe(true);
  });
});
