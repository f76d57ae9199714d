// Rotary position embedding, rotate-half (arXiv 2104.09864), which also writes keys and values to their rows.
//
// Pair i of a head of q or k in row n is (x, y) = (element i, element i + D/2). With p = `positions`[n] and (cos,
// sin) = `table`[p, i]:
//
//   (x, y) → (x · cos − y · sin, y · cos + x · sin)
//
// `forward` reads `qkv` [N, (H + 2·KV) · D], which holds q, k, v side by side. Rotated queries go to `q` [N, H · D];
// rotated keys and unchanged values go to row `kvRows`[n] of `kv` [R, 2 · KV · D], which may be in f16 (lib/kv_*).
// `table` comes from the CPU, because the cosine and sine of WGSL are only accurate to 2⁻¹¹.
//
// `backward` applies the inverse rotation to dq and dk, copies dv, and writes them side by side. Its bindings have
// the names of the forward pass: `qkv` is dqkv, `q` is dq, `kv` is dkv. Row n of `kv` belongs to row n of the batch
// there.
//
// `forward_normed` first takes the RMS norm of each head of q and k, as in rmsnorm.wgsl with C = D; `weight` [2, D]
// holds the weights for q and for k. `backward_normed` goes back through rotation and norm, and reads the `qkv` of
// the forward pass as `inp`. `LANES` threads share a head there (lib/reduce_*).
//
// A thread takes pairs 2i and 2i + 1, whose elements are neighbours, as a `Duo`. Arrays are in units of two elements.

struct Params {
  rows: u32,        // N
  heads: u32,       // H
  kvHeads: u32,     // KV
  pairs: u32,       // D / 2; even
  tableStride: u32, // width of the table, in pairs; even
  tableStart: u32,  // first pair of this rotary base in a row of the table; even
  size: u32,        // with norms: the true head size (zeros pad each half of a head); else unused
  eps: f32,
  offset: f32,
}

@group(0) @binding(0) var<storage, read_write> qkv: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read_write> q: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> kv: array<Stored2>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> kvRows: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<vec4<f32>>;  // [P, tableStride / 2] of (cos, sin, cos, sin)
@group(0) @binding(6) var<storage, read> weight: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read> inp: array<vec2<f32>>;    // backward_normed only
@group(0) @binding(8) var<uniform> params: Params;

// Two pairs (x, y) beside each other.
struct Duo {
  x: vec2<f32>,
  y: vec2<f32>,
}

// Number of duos of a head.
fn duos() -> u32 {
  return params.pairs / 2u;
}

// First element of a head of row n in qkv.
fn from_qkv(n: u32, head: u32) -> u32 {
  return (n * (params.heads + 2u * params.kvHeads) + head) * params.pairs;
}

// First element of a head: of row n in q, or of row `at` in kv.
fn from_split(n: u32, at: u32, head: u32) -> u32 {
  let inKv = (at * 2u * params.kvHeads + head - params.heads) * params.pairs;
  return select(inKv, (n * params.heads + head) * params.pairs, head < params.heads);
}

fn angle_of(n: u32, i: u32) -> vec4<f32> {
  return table[(positions[n] * params.tableStride + params.tableStart) / 2u + i];
}

fn rotated(duo: Duo, angle: vec4<f32>) -> Duo {
  return Duo(duo.x * angle.xz - duo.y * angle.yw, duo.y * angle.xz + duo.x * angle.yw);
}

fn rotated_back(duo: Duo, angle: vec4<f32>) -> Duo {
  return Duo(duo.x * angle.xz + duo.y * angle.yw, duo.y * angle.xz - duo.x * angle.yw);
}

fn write_split(head: u32, at: u32, duo: Duo) {
  if (head < params.heads) {
    q[at] = duo.x;
    q[at + duos()] = duo.y;
  } else {
    kv[at] = stored(duo.x);
    kv[at + duos()] = stored(duo.y);
  }
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.y;
  let head = id.x / duos();
  let i = id.x % duos();
  if (n >= params.rows || head >= params.heads + 2u * params.kvHeads) {
    return;
  }
  let source = from_qkv(n, head) + i;
  var duo = Duo(qkv[source], qkv[source + duos()]);
  if (head < params.heads + params.kvHeads) {
    duo = rotated(duo, angle_of(n, i));
  }
  write_split(head, from_split(n, kvRows[n], head) + i, duo);
}

// qkv is dqkv, q is dq, kv is dkv.
@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.y;
  let head = id.x / duos();
  let i = id.x % duos();
  if (n >= params.rows || head >= params.heads + 2u * params.kvHeads) {
    return;
  }
  var duo = gradient_of(n, head, i);
  if (head < params.heads + params.kvHeads) {
    duo = rotated_back(duo, angle_of(n, i));
  }
  let at = from_qkv(n, head) + i;
  qkv[at] = duo.x;
  qkv[at + duos()] = duo.y;
}

// Of dq, dk or dv.
fn gradient_of(n: u32, head: u32, i: u32) -> Duo {
  let at = from_split(n, n, head) + i;
  if (head < params.heads) {
    return Duo(q[at], q[at + duos()]);
  }
  return Duo(values_of_2(kv[at]), values_of_2(kv[at + duos()]));
}

// (offset + weight) · duo
fn weighted(head: u32, i: u32, duo: Duo) -> Duo {
  let at = select(params.pairs, 0u, head < params.heads) + i;
  return Duo((params.offset + weight[at]) * duo.x, (params.offset + weight[at + duos()]) * duo.y);
}

fn product(a: Duo, b: Duo) -> f32 {
  return dot(a.x, b.x) + dot(a.y, b.y);
}

@compute @workgroup_size(LANES, ROWS)
fn forward_normed(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = group.y;
  let all = params.heads + 2u * params.kvHeads;
  let given = group.x * ROWS + local.y;
  let head = min(given, all - 1u);
  let source = from_qkv(n, head);
  var squares = 0.0;
  for (var i = local.x; i < duos(); i += LANES) {
    let duo = Duo(qkv[source + i], qkv[source + duos() + i]);
    squares += product(duo, duo);
  }
  let r = inverseSqrt(row_sum(squares, local.xy) / f32(params.size) + params.eps);
  if (given >= all) {
    return;
  }
  let to = from_split(n, kvRows[n], head);
  for (var i = local.x; i < duos(); i += LANES) {
    var duo = Duo(qkv[source + i], qkv[source + duos() + i]);
    if (head < params.heads + params.kvHeads) {
      duo = rotated(weighted(head, i, Duo(r * duo.x, r * duo.y)), angle_of(n, i));
    }
    write_split(head, to + i, duo);
  }
}

// qkv is dqkv, q is dq, kv is dkv.
@compute @workgroup_size(LANES, ROWS)
fn backward_normed(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n = group.y;
  let all = params.heads + 2u * params.kvHeads;
  let given = group.x * ROWS + local.y;
  let head = min(given, all - 1u);
  let at = from_qkv(n, head);
  let isValue = head >= params.heads + params.kvHeads;
  var squares = 0.0;
  var projection = 0.0;
  for (var i = local.x; i < duos(); i += LANES) {
    let duo = Duo(inp[at + i], inp[at + duos() + i]);
    squares += product(duo, duo);
    if (!isValue) {
      projection += product(duo, weighted(head, i, rotated_back(gradient_of(n, head, i), angle_of(n, i))));
    }
  }
  let sums = row_sum4(vec4<f32>(squares, projection, 0.0, 0.0), local.xy);
  let size = f32(params.size);
  let r = inverseSqrt(sums.x / size + params.eps);
  let pull = r * r * r * sums.y / size;
  if (given >= all) {
    return;
  }
  for (var i = local.x; i < duos(); i += LANES) {
    var duo = gradient_of(n, head, i);
    if (!isValue) {
      let normed = weighted(head, i, rotated_back(duo, angle_of(n, i)));
      duo = Duo(r * normed.x - pull * inp[at + i], r * normed.y - pull * inp[at + duos() + i]);
    }
    qkv[at + i] = duo.x;
    qkv[at + duos() + i] = duo.y;
  }
}
