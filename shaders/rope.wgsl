// Rotary positions, rotate-half (arXiv 2104.09864), and where keys and values are put.
//
// For pair i < D/2 of a head of q or k at position p:  (x, y) = (inp[i], inp[i + D/2]) →
//   (x · cos[p, i] − y · sin[p, i],  y · cos[p, i] + x · sin[p, i])
// inp [N, (H + 2·KV) · D] holds q, k, v side by side; q [N, H · D]; k and v go to row place[n] of kv [R, 2 · KV · D].
// cos, sin [P, D/2] come from the CPU: WGSL's are only good to 2⁻¹¹.
//
// backward: the inverse rotation of dq and dk, and dv as it is, side by side again (place[n] = n).

struct Params {
  rows: u32,     // N
  heads: u32,    // H
  kvHeads: u32,  // KV
  pairs: u32,    // D / 2
}

@group(0) @binding(0) var<storage, read_write> qkv: array<f32>;
@group(0) @binding(1) var<storage, read_write> q: array<f32>;
@group(0) @binding(2) var<storage, read_write> kv: array<f32>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> place: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<vec2<f32>>;  // [P, D/2] of (cos, sin)
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.y;
  let pairs = params.pairs;
  let head = id.x / pairs;
  let i = id.x % pairs;
  if (n >= params.rows || head >= params.heads + 2u * params.kvHeads) {
    return;
  }
  let source = (n * (params.heads + 2u * params.kvHeads) + head) * 2u * pairs + i;
  let x = qkv[source];
  let y = qkv[source + pairs];
  let angle = table[positions[n] * pairs + i];
  let rotated = vec2<f32>(x * angle.x - y * angle.y, y * angle.x + x * angle.y);
  if (head < params.heads) {
    let at = (n * params.heads + head) * 2u * pairs + i;
    q[at] = rotated.x;
    q[at + pairs] = rotated.y;
  } else {
    let at = (place[n] * 2u * params.kvHeads + head - params.heads) * 2u * pairs + i;
    let isKey = head < params.heads + params.kvHeads;
    kv[at] = select(x, rotated.x, isKey);
    kv[at + pairs] = select(y, rotated.y, isKey);
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
  let angle = table[positions[n] * pairs + i];
  var x: f32;
  var y: f32;
  if (head < params.heads) {
    let at = (n * params.heads + head) * 2u * pairs + i;
    x = q[at];
    y = q[at + pairs];
  } else {
    let at = (n * 2u * params.kvHeads + head - params.heads) * 2u * pairs + i;
    x = kv[at];
    y = kv[at + pairs];
  }
  let back = (n * (params.heads + 2u * params.kvHeads) + head) * 2u * pairs + i;
  let isValue = head >= params.heads + params.kvHeads;
  qkv[back] = select(x * angle.x + y * angle.y, x, isValue);
  qkv[back + pairs] = select(y * angle.x - x * angle.y, y, isValue);
}
