// Rotary position embedding, rotate-half (arXiv 2104.09864), which also writes keys and values to their rows.
//
// Pair i of a head of q or k in row n is (x, y) = (element i, element i + D/2). With p = `positions`[n] and (cos,
// sin) = `table`[p, i]:
//
//   (x, y) → (x · cos − y · sin, y · cos + x · sin)
//
// `forward` reads `qkv` [N, (H + 2·KV) · D], which holds q, k, v side by side. Rotated queries go to `q` [N, H · D];
// rotated keys and unchanged values go to row `kvRows`[n] of `kv` [R, 2 · KV · D]. `table` comes from the CPU,
// because the cosine and sine of WGSL are only accurate to 2⁻¹¹.
//
// `backward` applies the inverse rotation to dq and dk, copies dv, and writes them side by side. Its bindings have
// the names of the forward pass: `qkv` is dqkv, `q` is dq, `kv` is dkv. Row n of `kv` belongs to row n of the batch
// there.
//
// `forward_normed` first takes the RMS norm of each head of q and k, as in rmsnorm.wgsl with C = D; `weight` [2, D]
// holds the weights for q and for k. `backward_normed` goes back through rotation and norm, and reads the `qkv` of
// the forward pass as `inp`. `LANES` threads share a head there (lib/reduce_*).

struct Params {
  rows: u32,        // N
  heads: u32,       // H
  kvHeads: u32,     // KV
  pairs: u32,       // D / 2
  tableStride: u32, // width of the table, in pairs
  tableStart: u32,  // first pair of this rotary base in a row of the table
  size: u32,        // with norms: the true head size (zeros pad each half of a head); else unused
  eps: f32,
  offset: f32,
}

@group(0) @binding(0) var<storage, read_write> qkv: array<f32>;
@group(0) @binding(1) var<storage, read_write> q: array<f32>;
@group(0) @binding(2) var<storage, read_write> kv: array<f32>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> kvRows: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<vec2<f32>>;  // [P, tableStride] of (cos, sin)
@group(0) @binding(6) var<storage, read> weight: array<f32>;
@group(0) @binding(7) var<storage, read> inp: array<f32>;          // backward_normed only
@group(0) @binding(8) var<uniform> params: Params;

// First element of a head of row n in qkv.
fn from_qkv(n: u32, head: u32) -> u32 {
  return (n * (params.heads + 2u * params.kvHeads) + head) * 2u * params.pairs;
}

// First element of a head: of row n in q, or of row `at` in kv.
fn from_split(n: u32, at: u32, head: u32) -> u32 {
  let inKv = (at * 2u * params.kvHeads + head - params.heads) * 2u * params.pairs;
  return select(inKv, (n * params.heads + head) * 2u * params.pairs, head < params.heads);
}

fn angle_of(n: u32, i: u32) -> vec2<f32> {
  return table[positions[n] * params.tableStride + params.tableStart + i];
}

fn rotated(pair: vec2<f32>, angle: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(pair.x * angle.x - pair.y * angle.y, pair.y * angle.x + pair.x * angle.y);
}

fn rotated_back(pair: vec2<f32>, angle: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(pair.x * angle.x + pair.y * angle.y, pair.y * angle.x - pair.x * angle.y);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.y;
  let pairs = params.pairs;
  let head = id.x / pairs;
  let i = id.x % pairs;
  if (n >= params.rows || head >= params.heads + 2u * params.kvHeads) {
    return;
  }
  let source = from_qkv(n, head) + i;
  var pair = vec2<f32>(qkv[source], qkv[source + pairs]);
  if (head < params.heads + params.kvHeads) {
    pair = rotated(pair, angle_of(n, i));
  }
  let at = from_split(n, kvRows[n], head) + i;
  if (head < params.heads) {
    q[at] = pair.x;
    q[at + pairs] = pair.y;
  } else {
    kv[at] = pair.x;
    kv[at + pairs] = pair.y;
  }
}

// qkv is dqkv, q is dq, kv is dkv.
@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.y;
  let pairs = params.pairs;
  let head = id.x / pairs;
  let i = id.x % pairs;
  if (n >= params.rows || head >= params.heads + 2u * params.kvHeads) {
    return;
  }
  var pair = gradient_of(n, head, i);
  if (head < params.heads + params.kvHeads) {
    pair = rotated_back(pair, angle_of(n, i));
  }
  let at = from_qkv(n, head) + i;
  qkv[at] = pair.x;
  qkv[at + pairs] = pair.y;
}

// Pair i of dq, dk or dv.
fn gradient_of(n: u32, head: u32, i: u32) -> vec2<f32> {
  let at = from_split(n, n, head) + i;
  if (head < params.heads) {
    return vec2<f32>(q[at], q[at + params.pairs]);
  }
  return vec2<f32>(kv[at], kv[at + params.pairs]);
}

// offset + weight of pair i.
fn weight_of(head: u32, i: u32) -> vec2<f32> {
  let at = select(2u * params.pairs, 0u, head < params.heads) + i;
  return params.offset + vec2<f32>(weight[at], weight[at + params.pairs]);
}

@compute @workgroup_size(LANES, ROWS)
fn forward_normed(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = group.y;
  let pairs = params.pairs;
  let all = params.heads + 2u * params.kvHeads;
  let given = group.x * ROWS + local.y;
  let head = min(given, all - 1u);
  let source = from_qkv(n, head);
  var squares = 0.0;
  for (var i = local.x; i < pairs; i += LANES) {
    let pair = vec2<f32>(qkv[source + i], qkv[source + pairs + i]);
    squares += dot(pair, pair);
  }
  let r = inverseSqrt(row_sum(squares, local.xy) / f32(params.size) + params.eps);
  if (given >= all) {
    return;
  }
  let to = from_split(n, kvRows[n], head);
  for (var i = local.x; i < pairs; i += LANES) {
    var pair = vec2<f32>(qkv[source + i], qkv[source + pairs + i]);
    if (head < params.heads + params.kvHeads) {
      pair = rotated(r * pair * weight_of(head, i), angle_of(n, i));
    }
    if (head < params.heads) {
      q[to + i] = pair.x;
      q[to + pairs + i] = pair.y;
    } else {
      kv[to + i] = pair.x;
      kv[to + pairs + i] = pair.y;
    }
  }
}

// qkv is dqkv, q is dq, kv is dkv.
@compute @workgroup_size(LANES, ROWS)
fn backward_normed(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = group.y;
  let pairs = params.pairs;
  let all = params.heads + 2u * params.kvHeads;
  let given = group.x * ROWS + local.y;
  let head = min(given, all - 1u);
  let at = from_qkv(n, head);
  let isValue = head >= params.heads + params.kvHeads;
  var squares = 0.0;
  var projection = 0.0;
  for (var i = local.x; i < pairs; i += LANES) {
    let pair = vec2<f32>(inp[at + i], inp[at + pairs + i]);
    squares += dot(pair, pair);
    if (!isValue) {
      projection += dot(pair, weight_of(head, i) * rotated_back(gradient_of(n, head, i), angle_of(n, i)));
    }
  }
  let sums = row_sum4(vec4<f32>(squares, projection, 0.0, 0.0), local.xy);
  let size = f32(params.size);
  let r = inverseSqrt(sums.x / size + params.eps);
  let pull = r * r * r * sums.y / size;
  if (given >= all) {
    return;
  }
  for (var i = local.x; i < pairs; i += LANES) {
    var pair = gradient_of(n, head, i);
    if (!isValue) {
      let normed = weight_of(head, i) * rotated_back(pair, angle_of(n, i));
      pair = r * normed - pull * vec2<f32>(inp[at + i], inp[at + pairs + i]);
    }
    qkv[at + i] = pair.x;
    qkv[at + pairs + i] = pair.y;
  }
}
