// Linear layer with a frozen weight, and optionally a bias, a LoRA adapter and a residual:
//
//   out[n, o] = Σ_i inp[n, i] · weight[o, i]
//               (+ bias[o])  (+ scale · Σ_j h[n, H + j] · b[o + B, j])  (+ residual[n, o])
//
// `inp` [N, I], `weight` [O, I] in its storage type (lib/weight_*), `out` [N, O]. The term with `h` is the second
// half of LoRA: `h` = inp · Aᵀ comes from lora.wgsl. A weight stacks up to three projections (q, k, v;
// gate, up), called segments here. `b` holds the factors B of the adapted segments, one below the other, and each
// segment has its own columns of `h`. H and B are the offsets of the segment of o: `h0` and `b0`, `h1` and `b1`, or
// `h2` and `b2`. A segment without an adapter has `NONE` as its first column of `h`.
//
// In `backward`, `inp` is dout [N, O], `out` is dinp [N, I], `h` is dh [N, Σrank] and `b` is A [Σrank, I]:
//
//   out[n, i] = Σ_o inp[n, o] · weight[o, i]  (+ Σ_j h[n, j] · b[j, i])
//
// A dispatch computes the columns [`begin`, `end`) of `out`, from `firstRow` on: a large product is cut into several
// dispatches.
//
// `forward` and `backward` compute `TILE_ROWS` × 4·`TILE_COLS` outputs in the registers of each thread. They read the
// weight in runs of `RUN` vec4 (lib/runs_of_*), and `forward` takes `STEPS` vec4 of a run at a time. Values that do
// not change in a loop are computed before it, because not every driver hoists them. On GPUs, lib/linear_tiled is
// faster with many rows, and lib/linear_split with few.

struct Params {
  rows: u32,        // N
  inps: u32,        // I / 4
  outs: u32,        // O, any number
  begin: u32,       // first column of out that is computed, a multiple of a tile; backward: / 4
  end: u32,         // one past the last
  firstRow: u32,    // first row that is computed, a multiple of a tile
  outStride: u32,   // width of out (forward) or dout (backward), / 4
  outStart: u32,    // first column of this part of a large weight in out (forward) or dout (backward), / 4
  rank: u32,        // forward: rank / 4, backward: Σrank / 4; 0 without an adapter
  hStride: u32,     // Σrank / 4
  scale: f32,
  hasBias: u32,
  hasResidual: u32,
  accumulate: u32,  // backward: add to dinp
  end0: u32,        // one past the last output of segment 0
  end1: u32,
  h0: u32,          // first column of h of segment 0, / 4; NONE without an adapter
  h1: u32,
  h2: u32,
  b0: u32,          // row of b minus output, for segment 0 (modulo 2³²)
  b1: u32,
  b2: u32,
}

const NONE: u32 = 0xffffffffu;

@group(0) @binding(0) var<storage, read> inp: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n0 = params.firstRow + id.y * TILE_ROWS;
  let o0 = params.begin + id.x * TILE_COLS * 4u;
  if (n0 >= params.rows || o0 >= params.end) {
    return;
  }
  var sum: array<vec4<f32>, TILE_ROWS * TILE_COLS>;
  var x: array<vec4<f32>, TILE_ROWS>;
  let width = params.inps;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * width;
  }
  var row: array<u32, 4u * TILE_COLS>;
  // @unroll
  for (var c = 0u; c < 4u * TILE_COLS; c++) {
    row[c] = min(o0 + c, params.outs - 1u) * (width / RUN);
  }
  var run: array<Run, 4u * TILE_COLS>;
  for (var k = 0u; k < width; k += STEPS) {
    // With few rows, whole runs at a time: the offsets of the codes are then constants.
    let begin = select(k & (RUN - 1u), 0u, STEPS == RUN);
    if (STEPS == RUN || begin == 0u) {
      // @unroll
      for (var c = 0u; c < 4u * TILE_COLS; c++) {
        run[c] = load_run(row[c] + k / RUN);
      }
    }
    // @unroll
    for (var j = 0u; j < STEPS; j++) {
      // @unroll
      for (var r = 0u; r < TILE_ROWS; r++) {
        x[r] = inp[at[r] + k + j];
      }
      // @unroll
      for (var c = 0u; c < TILE_COLS; c++) {
        let w0 = run_values(run[4u * c], begin + j);
        let w1 = run_values(run[4u * c + 1u], begin + j);
        let w2 = run_values(run[4u * c + 2u], begin + j);
        let w3 = run_values(run[4u * c + 3u], begin + j);
        // @unroll
        for (var r = 0u; r < TILE_ROWS; r++) {
          sum[r * TILE_COLS + c] += vec4<f32>(dot(x[r], w0), dot(x[r], w1), dot(x[r], w2), dot(x[r], w3));
        }
      }
    }
  }
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * params.hStride;
  }
  // @unroll
  for (var c = 0u; c < TILE_COLS; c++) {
    let o = o0 + 4u * c;
    if (o < params.end) {
      // Segments are multiples of four wide, so four outputs share one. All rows share the values read from b.
      let place = lora_place(o);
      if (params.rank > 0u && place.x != NONE) {
        let rank = params.rank;
        let scale = params.scale;
        let first = place.y * rank;
        for (var j = 0u; j < rank; j++) {
          let b0 = b[first + j];
          let b1 = b[first + rank + j];
          let b2 = b[first + 2u * rank + j];
          let b3 = b[first + 3u * rank + j];
          // @unroll
          for (var r = 0u; r < TILE_ROWS; r++) {
            let y = scale * h[at[r] + place.x + j];
            sum[r * TILE_COLS + c] += vec4<f32>(dot(y, b0), dot(y, b1), dot(y, b2), dot(y, b3));
          }
        }
      }
      // @unroll
      for (var r = 0u; r < TILE_ROWS; r++) {
        if (n0 + r < params.rows) {
          store(n0 + r, o, sum[r * TILE_COLS + c]);
        }
      }
    }
  }
}

// For output o: the first column of h of its segment, and its row of b.
fn lora_place(o: u32) -> vec2<u32> {
  if (o < params.end0) {
    return vec2<u32>(params.h0, o + params.b0);
  }
  if (o < params.end1) {
    return vec2<u32>(params.h1, o + params.b1);
  }
  return vec2<u32>(params.h2, o + params.b2);
}

fn store(n: u32, o: u32, sum: vec4<f32>) {
  var y = sum;
  let i = n * params.outStride + params.outStart + o / 4u;
  if (params.hasBias != 0u) {
    y += bias[params.outStart + o / 4u];
  }
  if (params.hasResidual != 0u) {
    y += residual[i];
  }
  out[i] = y;
}

fn store_gradient(n: u32, i: u32, sum: vec4<f32>) {
  let at = n * params.inps + i;
  var d = sum;
  if (params.accumulate != 0u) {
    d += out[at];
  }
  out[at] = d;
}

@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n0 = params.firstRow + id.y * TILE_ROWS;
  let i0 = params.begin + id.x * TILE_COLS;
  if (n0 >= params.rows || i0 >= params.end) {
    return;
  }
  var sum: array<vec4<f32>, TILE_ROWS * TILE_COLS>;
  var y: array<vec4<f32>, TILE_ROWS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * params.outStride + params.outStart;
  }
  let width = params.inps;
  // First vec4 of each column of the tile. The last tile repeats the end of a row.
  var start: array<u32, TILE_COLS>;
  // @unroll
  for (var c = 0u; c < TILE_COLS; c++) {
    start[c] = min(i0 + c, width - 1u);
  }
  var run: Run;
  let outs = params.outs;
  let end = (outs - 1u) * width;
  for (var o = 0u; o < outs; o += 4u) {
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      y[r] = inp[at[r] + o / 4u];
    }
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      let base = min((o + q) * width, end);
      // @unroll
      for (var c = 0u; c < TILE_COLS; c++) {
        // Either all columns of the tile are in one run, or each is a run.
        if (RUN == 1u || c == 0u) {
          run = load_run((base + start[c]) / RUN);
        }
        let w = run_values(run, start[c] & (RUN - 1u));
        // @unroll
        for (var r = 0u; r < TILE_ROWS; r++) {
          sum[r * TILE_COLS + c] += y[r][q] * w;
        }
      }
    }
  }
  let rank = params.rank;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * rank;
  }
  for (var j = 0u; j < rank; j++) {
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      y[r] = h[at[r] + j];
    }
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      let base = (4u * j + q) * width;
      // @unroll
      for (var c = 0u; c < TILE_COLS; c++) {
        let w = b[base + start[c]];
        // @unroll
        for (var r = 0u; r < TILE_ROWS; r++) {
          sum[r * TILE_COLS + c] += y[r][q] * w;
        }
      }
    }
  }
  // @unroll
  for (var c = 0u; c < TILE_COLS; c++) {
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      if (n0 + r < params.rows && i0 + c < params.end) {
        store_gradient(n0 + r, i0 + c, sum[r * TILE_COLS + c]);
      }
    }
  }
}
