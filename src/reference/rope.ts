import { at } from './indexing';

export interface Rope {
  /** u32 [N] */
  readonly positions: Uint32Array;
  /** [P, D/2]: cosine and sine of position · frequency. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  readonly H: number;
  readonly D: number;
}

/** Rotates the pair (x[i], x[i + D/2]) of every head by the angle of its row's position, or back with direction −1. */
function rotate(inp: Float64Array, { positions, cos, sin, H, D }: Rope, direction: 1 | -1): Float64Array {
  const half = D / 2;
  const out = new Float64Array(inp.length);
  for (const [n, position] of positions.entries()) {
    for (let head = 0; head < H; head++) {
      const start = (n * H + head) * D;
      for (let i = 0; i < half; i++) {
        const c = at(cos, position * half + i);
        const s = direction * at(sin, position * half + i);
        const x = at(inp, start + i);
        const y = at(inp, start + half + i);
        out[start + i] = x * c - y * s;
        out[start + half + i] = y * c + x * s;
      }
    }
  }
  return out;
}

/** Rotary position embedding, rotate-half: inp [N, H, D] → out [N, H, D] */
export function ropeForward({ inp, ...rope }: Rope & { readonly inp: Float64Array }): Float64Array {
  return rotate(inp, rope, 1);
}

/** The inverse rotation: dout [N, H, D] → dinp [N, H, D] */
export function ropeBackward({ dout, ...rope }: Rope & { readonly dout: Float64Array }): Float64Array {
  return rotate(dout, rope, -1);
}
