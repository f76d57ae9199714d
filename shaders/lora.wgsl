// The LoRA products that the linear layer does not compute (arXiv 2106.09685). With an adapter, a layer computes inp
// · weightᵀ + scale · h · Bᵀ with h = inp · Aᵀ; the product with B is part of linear.wgsl.
//
// inp [N, I], A [Σrank, I], h [N, Σrank], B [ΣO, rank]. Projections that share an input (q, k, v; gate, up) are
// stacked; each is a segment with its own columns of h and rows of B. All three entry points bind `left`, `right` and
// `out`.
//
// `down` computes h. `left` is inp, `right` is A, `out` is h:
//
//   out[n, j] = Σ_i left[n, i] · right[j, i]
//
// `backward_hidden` computes dh of one segment. `left` is the gradient of the layer's output, `right` is B, `out` is
// dh:
//
//   out[n, rightStart + j] = scale · Σ_o left[n, leftStart + o] · right[weightStart + o, j]
//
// `backward_weight` adds to the gradient of a factor, an outer product summed over rows. For A, (`left`, `right`) is
// (dh, inp) and `scale` is 1; for B it is (the gradient of the layer's output, h):
//
//   out[weightStart + p, q] += scale · Σ_n left[n, leftStart + p] · right[n, rightStart + q]
//
// A thread computes `TILE_ROWS` × 4 outputs of `down` and `backward_hidden`, and 4 × 4·`TILE_COLS` of
// `backward_weight`.

struct Params {
  rows: u32,         // N
  inps: u32,         // down: I / 4
  outs: u32,         // down: Σrank; backward_hidden: outputs of the segment; backward_weight: rows of out
  leftStride: u32,   // width of left, / 4
  leftStart: u32,    // first column of the segment in left, / 4
  rightStride: u32,  // down and backward_hidden: width of out; backward_weight: width of right; / 4
  rightStart: u32,   // first column of the segment in it, / 4
  cols: u32,         // backward_hidden: rank; backward_weight: columns of out; / 4
  weightStart: u32,  // first row of the segment in B or in its gradient
  scale: f32,
}

@group(0) @binding(0) var<storage, read> left: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

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
