// LoRA: out = inp · weightᵀ + scale · h · Bᵀ,  h = inp · Aᵀ   (arXiv 2106.09685)
//
// inp [N, I], a [Σrank, I], h [N, Σrank], b [ΣO, rank]: projections that share an input (q, k, v; gate, up) are stacked. The
// product with B is linear.wgsl's; `down` is h. One segment (one projection) at a time:
//   backward_hidden: dh[n, hStart + j] = scale · Σ_o dout[n, outStart + o] · b[bStart + o, j]
// and for both factors the same outer product over rows,
//   backward_weight: dweight[p, q] += scale · Σ_n left[n, p] · right[n, q]
// with (left, right) = (dh, inp) for A, scale 1, and (dout, h) for B.
//
// A thread makes TILE_ROWS × 4·TILE_COLS outputs of `down` and `backward_hidden`, 4 × 4·TILE_COLS of `backward_weight`.

struct Params {
  rows: u32,         // N
  inps: u32,         // down: I / 4
  outs: u32,         // down: Σrank; backward_hidden: outputs of the segment; backward_weight: rows of dweight
  leftStride: u32,   // / 4, row of dout or left
  leftStart: u32,    // / 4, first column of the segment in it
  rightStride: u32,  // / 4, row of h, dh or right
  rightStart: u32,   // / 4, first column of the segment in it
  cols: u32,         // / 4: rank (backward_hidden) or columns of dweight (backward_weight)
  weightStart: u32,  // first row of the segment in b or dweight
  scale: f32,
}

@group(0) @binding(0) var<storage, read> left: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

// left = inp, right = a, out = h.
@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn down(@builtin(global_invocation_id) id: vec3<u32>) {
  let n0 = id.y * TILE_ROWS;
  let j0 = id.x * 4u;
  if (n0 >= params.rows || j0 >= params.outs) {
    return;
  }
  var sum: array<vec4<f32>, TILE_ROWS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * params.inps;
  }
  let width = params.inps;
  let first = j0 * width;
  for (var k = 0u; k < width; k++) {
    let a0 = right[first + k];
    let a1 = right[first + width + k];
    let a2 = right[first + 2u * width + k];
    let a3 = right[first + 3u * width + k];
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      let x = left[at[r] + k];
      sum[r] += vec4<f32>(dot(x, a0), dot(x, a1), dot(x, a2), dot(x, a3));
    }
  }
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    if (n0 + r < params.rows) {
      out[(n0 + r) * params.rightStride + j0 / 4u] = sum[r];
    }
  }
}

// left = dout, right = b, out = dh.
@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn backward_hidden(@builtin(global_invocation_id) id: vec3<u32>) {
  let n0 = id.y * TILE_ROWS;
  let j = id.x;
  if (n0 >= params.rows || j >= params.cols) {
    return;
  }
  var sum: array<vec4<f32>, TILE_ROWS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * params.leftStride + params.leftStart;
  }
  let cols = params.cols;
  let count = params.outs / 4u;
  var row = params.weightStart * cols + j;
  for (var o = 0u; o < count; o++) {
    let b0 = right[row];
    let b1 = right[row + cols];
    let b2 = right[row + 2u * cols];
    let b3 = right[row + 3u * cols];
    row += 4u * cols;
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      let d = left[at[r] + o];
      sum[r] += d.x * b0 + d.y * b1 + d.z * b2 + d.w * b3;
    }
  }
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    if (n0 + r < params.rows) {
      out[(n0 + r) * params.rightStride + params.rightStart + j] = params.scale * sum[r];
    }
  }
}

// out = dweight, whose rows are as wide as `cols`.
@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.y;
  let q0 = id.x * TILE_COLS;
  if (p * 4u >= params.outs || q0 >= params.cols) {
    return;
  }
  var sum: array<vec4<f32>, 4u * TILE_COLS>;
  let rows = params.rows;
  let leftStride = params.leftStride;
  let rightStride = params.rightStride;
  var fromLeft = params.leftStart + p;
  var fromRight = params.rightStart + q0;
  for (var n = 0u; n < rows; n++) {
    let l = left[fromLeft];
    fromLeft += leftStride;
    // @unroll
    for (var c = 0u; c < TILE_COLS; c++) {
      let r = right[fromRight + c];
      sum[c] += l.x * r;
      sum[TILE_COLS + c] += l.y * r;
      sum[2u * TILE_COLS + c] += l.z * r;
      sum[3u * TILE_COLS + c] += l.w * r;
    }
    fromRight += rightStride;
  }
  // @unroll
  for (var s = 0u; s < 4u; s++) {
    // @unroll
    for (var c = 0u; c < TILE_COLS; c++) {
      out[(params.weightStart + 4u * p + s) * params.cols + q0 + c] += params.scale * sum[s * TILE_COLS + c];
    }
  }
}
