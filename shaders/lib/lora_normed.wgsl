// The product of inp and Aᵀ of lora.wgsl together with the RMS norm of inp (rmsnorm.wgsl), for few rows on a GPU:
//
//   normed[n, i] = left[n, i] · r[n] · (offset + norm[i])
//   r[n] = 1 / √(mean over i of left[n, i]² + eps)
//   out[n, j] = Σ_i normed[n, i] · right[j, i]
//
// `norm` [I]; `offset`, `eps` and the true width `size` as in rmsnorm.wgsl. `down_normed` divides the sums among
// threads as the split entry points of lora.wgsl do. A workgroup reads whole rows of inp for its columns of out, so it
// knows r of these rows, and it writes the next `share` vec4 of each row of `normed` [N, I].

@group(0) @binding(4) var<storage, read> norm: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> normed: array<vec4<f32>>;

var<workgroup> inverse: array<f32, ROWS>;  // r

@compute @workgroup_size(SPLIT, GROUP_COLS)
fn down_normed(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let n0 = group.y * ROWS;
  let j0 = min(group.x * COLS + local.y * TILE_COLS, 4u * params.outWidth - TILE_COLS);
  let width = params.leftWidth;
  var sum: array<f32, TILE_ROWS * TILE_COLS>;
  var squares: array<f32, TILE_ROWS>;
  var a: array<vec4<f32>, TILE_COLS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * width;
  }
  for (var k = local.x; k < width; k += SPLIT) {
    let gain = params.offset + norm[k];
    // @unroll
    for (var c = 0u; c < TILE_COLS; c++) {
      a[c] = gain * right[(j0 + c) * width + k];
    }
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      let x = left[at[r] + k];
      squares[r] += dot(x, x);
      // @unroll
      for (var c = 0u; c < TILE_COLS; c++) {
        sum[r * TILE_COLS + c] += dot(x, a[c]);
      }
    }
  }
  // The squares of the rows follow the outputs.
  if (local.y == 0u) {
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      partial[place(ROWS * COLS + r, local.x)] = squares[r];
    }
  }
  let o = local.y * TILE_COLS;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    // @unroll
    for (var c = 0u; c < TILE_COLS; c++) {
      partial[place(o + r * COLS + c, local.x)] = sum[r * TILE_COLS + c];
    }
  }
  let total = joined(thread);
  if (thread >= ROWS * COLS && thread < SUMS) {
    inverse[thread - ROWS * COLS] = inverseSqrt(total / f32(params.size) + params.eps);
  }
  workgroupBarrier();
  store_hidden(group, thread, total * inverse[min(thread / COLS, ROWS - 1u)], 0u, 4u * params.outWidth);

  let end = min((group.x + 1u) * params.share, width);
  for (var r = local.y; r < ROWS; r += GROUP_COLS) {
    let n = group.y * ROWS + r;
    for (var k = group.x * params.share + local.x; n < params.rows && k < end; k += SPLIT) {
      normed[n * width + k] = left[n * width + k] * inverse[r] * (params.offset + norm[k]);
    }
  }
}
