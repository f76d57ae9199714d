import { add, addScaled, at, dot } from './indexing';

/**
 * The adapters of one matrix whose rows may be several stacked projections (q, k, v; gate, up). Segment s covers the
 * outputs outStart … outEnd and owns `rank` rows of the stacked A [R, I], from hStart on; R = Σ rank. Rank 0 means
 * that it has no adapter. `b` holds B [outEnd − outStart, rank] of each segment, row-major, one after the other; with
 * equal ranks it is [O, rank].
 */
export interface LoraSegment {
  readonly outStart: number;
  readonly outEnd: number;
  readonly rank: number;
  readonly hStart: number;
}

export interface Lora {
  /** [N, I] */
  readonly inp: Float64Array;
  /** [R, I] */
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** alpha/rank; with rsLoRA alpha/√rank. */
  readonly scale: number;
  readonly segments: readonly LoraSegment[];
  readonly I: number;
  readonly O: number;
}

export interface LoraGradients {
  /** [R, I] */
  readonly da: Float64Array;
  /** In the layout of `b`. */
  readonly db: Float64Array;
  /** [N, I] */
  readonly dinp: Float64Array;
  /** [N, R] */
  readonly dh: Float64Array;
}

/** Visits every output o with the rows j of A and h, and the entry of b, that belong to it. */
function eachEntry(segments: readonly LoraSegment[], visit: (o: number, j: number, entry: number) => void): void {
  let entry = 0;
  for (const { outStart, outEnd, rank, hStart } of segments) {
    for (let o = outStart; o < outEnd; o++) {
      for (let j = hStart; j < hStart + rank; j++) visit(o, j, entry++);
    }
  }
}

/**
 * h[n,j] = Σ_i inp[n,i] · a[j,i] → [N, R]; delta[n,o] = scale · Σ_j h[n,j] · b[o,j] over the rows j of o's segment →
 * [N, O]
 */
export function loraForward({ inp, a, b, scale, segments, I, O }: Lora): { h: Float64Array; delta: Float64Array } {
  const N = inp.length / I;
  const R = a.length / I;
  const h = new Float64Array(N * R);
  const delta = new Float64Array(N * O);
  for (let n = 0; n < N; n++) {
    for (let j = 0; j < R; j++) {
      h[n * R + j] = dot(inp, n * I, a, j * I, I);
    }
    eachEntry(segments, (o, j, entry) => {
      add(delta, n * O + o, scale * at(h, n * R + j) * at(b, entry));
    });
  }
  return { h, delta };
}

/**
 * dh[n,j] = scale · Σ_o dout[n,o] · b[o,j], db[o,j] = scale · Σ_n dout[n,o] · h[n,j], da[j,i] = Σ_n dh[n,j] ·
 * inp[n,i], dinp[n,i] = Σ_j dh[n,j] · a[j,i] (without the term of the frozen matrix).
 */
export function loraBackward({
  inp,
  h,
  a,
  b,
  scale,
  segments,
  I,
  O,
  dout,
}: Lora & { readonly h: Float64Array; readonly dout: Float64Array }): LoraGradients {
  const N = inp.length / I;
  const R = a.length / I;
  const da = new Float64Array(a.length);
  const db = new Float64Array(b.length);
  const dinp = new Float64Array(inp.length);
  const dh = new Float64Array(h.length);
  for (let n = 0; n < N; n++) {
    eachEntry(segments, (o, j, entry) => {
      add(dh, n * R + j, scale * at(dout, n * O + o) * at(b, entry));
      add(db, entry, scale * at(dout, n * O + o) * at(h, n * R + j));
    });
    for (let j = 0; j < R; j++) {
      addScaled(da, j * I, at(dh, n * R + j), inp, n * I, I);
      addScaled(dinp, n * I, at(dh, n * R + j), a, j * I, I);
    }
  }
  return { da, db, dinp, dh };
}
