// RMS norm of each row, optionally with a residual. `forward` computes
//
//   out[n, c] = inp[n, c] · r[n] · (offset + weight[c])  (+ residual[n, c])
//   r[n] = 1 / √(mean over c of inp[n, c]² + eps)
//
// `inp` and `out` [N, C], `weight` [C]; `offset` is 1 for Gemma, else 0. C is a multiple of four. Where the true
// width `size` is smaller, zeros fill the rest and stay zeros. The weight is frozen, and the gradient of the residual
// is `dout` itself, so `backward` computes only `dinp`:
//
//   g[c] = dout[n, c] · (offset + weight[c])
//   dinp[n, c] = r[n] · g[c] − inp[n, c] · r[n]³ / size · Σ_c g[c] · inp[n, c]
//
// `LANES` threads share a row (lib/reduce_*).

struct Params {
  rows: u32,        // N
  scored: u32,      // backward: the rows from here on were not normed and get a gradient of 0
  width: u32,       // C / 4
  size: u32,
  eps: f32,
  offset: f32,
  hasResidual: u32,
  accumulate: u32,  // backward: add to dinp
}

@group(0) @binding(0) var<storage, read> inp: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dinp: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(LANES, ROWS)
fn forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = group.x * ROWS + local.y;
  let base = min(row, params.rows - 1u) * params.width;
  var squares = 0.0;
  for (var c = local.x; c < params.width; c += LANES) {
    let x = inp[base + c];
    squares += dot(x, x);
  }
  let r = inverseSqrt(row_sum(squares, local.xy) / f32(params.size) + params.eps);
  if (row >= params.rows) {
    return;
  }
  for (var c = local.x; c < params.width; c += LANES) {
    var y = inp[base + c] * r * (params.offset + weight[c]);
    if (params.hasResidual != 0u) {
      y += residual[base + c];
    }
    out[base + c] = y;
  }
}

@compute @workgroup_size(LANES, ROWS)
fn backward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = group.x * ROWS + local.y;
  let base = min(row, params.rows - 1u) * params.width;
  var squares = 0.0;
  var projection = 0.0;
  for (var c = local.x; c < params.width; c += LANES) {
    let x = inp[base + c];
    squares += dot(x, x);
    projection += dot(x, dout[base + c] * (params.offset + weight[c]));
  }
  let sums = row_sum4(vec4<f32>(squares, projection, 0.0, 0.0), local.xy);
  let size = f32(params.size);
  let r = inverseSqrt(sums.x / size + params.eps);
  let pull = r * r * r * sums.y / size;
  if (row >= params.rows) {
    return;
  }
  for (var c = local.x; c < params.width; c += LANES) {
    var d = vec4<f32>(0.0);
    if (row < params.scored) {
      d = r * dout[base + c] * (params.offset + weight[c]) - inp[base + c] * pull;
    }
    if (params.accumulate != 0u) {
      d += dinp[base + c];
    }
    dinp[base + c] = d;
  }
}
