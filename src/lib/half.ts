/** 16-bit floating-point formats to float32. Both conversions are exact, NaN payloads included. */

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits. */
export function float16ToFloat32(half: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(half.length);
  for (let i = 0; i < half.length; i++) {
    const h = half[i] ?? 0;
    const sign = (h & 0x8000) << 16;
    let exponent = (h >>> 10) & 0x1f;
    let mantissa = h & 0x3ff;
    if (exponent === 0x1f) {
      out[i] = sign | 0x7f80_0000 | (mantissa << 13);
    } else if (exponent !== 0) {
      out[i] = sign | ((exponent + 112) << 23) | (mantissa << 13);
    } else if (mantissa === 0) {
      out[i] = sign;
    } else {
      // Subnormal: m·2⁻²⁴ is a normal float32. Shift the leading bit to where it is implied.
      exponent = 113;
      while ((mantissa & 0x400) === 0) {
        mantissa <<= 1;
        exponent--;
      }
      out[i] = sign | (exponent << 23) | ((mantissa & 0x3ff) << 13);
    }
  }
  return new Float32Array(out.buffer);
}

/** bfloat16: the upper half of a float32. */
export function bfloat16ToFloat32(half: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(half.length);
  for (let i = 0; i < half.length; i++) out[i] = (half[i] ?? 0) << 16;
  return new Float32Array(out.buffer);
}
