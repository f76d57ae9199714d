// Attention of rows over the key rows that they see:
//
//   out[n, h] = Σ_j p[n, h, j] · value[j, h / G]
//   p[n, h, j] = softmax over j of (scale · q[n, h] · key[j, h / G])
//
// `q` and `out` [N, H, D]; `kv` [R, 2, KV, D] holds keys, then values; G = H / KV query heads share a key head;
// `stats` [N, H] = (lse, δ). A thread computes one head of one row; `WIDTH` is D / 4. `values_of_4` reads four
// values of `kv` (lib/kv_*).
//
// Which rows see each other: row n sees the key rows [prefix, prefixEnd) and [own, ownEnd) of `ranges`[n]. The first
// is its prefix, seen in full; the second is its own branch up to itself. Key row j is visible to the rows [own,
// ownEnd) and [dependent, dependentEnd) of `visibleTo`[j]: the rest of its branch, and the branches that share it as
// a prefix. The keys of a row are in order of position and end with its own, so a sliding window is the last `window`
// of them.
//
// There is no N × R matrix. `forward` keeps a running maximum (arXiv 1805.02867); the backward kernels recompute p
// from lse (arXiv 2205.14135). With δ[n, h] = `dout`[n, h] · `out`[n, h]:
//
//   s = p ∘ (dout · valuesᵀ − δ) · scale
//   dq = s · keys,   dkeys = sᵀ · q,   dvalues = pᵀ · dout
//
// `backward_q` writes δ and `dq`, one thread for each head of a row. `backward_kv` runs after it and writes `dkv`,
// one thread for each key head of a key row.

struct Params {
  rows: u32,   // N (forward, backward_q) or R (backward_kv)
  heads: u32,  // H
  kvHeads: u32,
  window: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kv: array<Stored4>;
@group(0) @binding(2) var<storage, read> ranges: array<vec4<u32>>;        // [N]: prefix, prefixEnd, own, ownEnd
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> visibleTo: array<vec4<u32>>;     // [R]: own, ownEnd, dependent, dependentEnd
@group(0) @binding(8) var<storage, read_write> dkv: array<vec4<f32>>;
@group(0) @binding(9) var<uniform> params: Params;

@compute @workgroup_size(GROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.x / params.heads;
  let head = id.x % params.heads;
  if (n >= params.rows) {
    return;
  }
  let at = id.x * WIDTH;
  let kvHead = head * params.kvHeads / params.heads;
  let range = ranges[n];
  var query: array<vec4<f32>, WIDTH>;
  var sum: array<vec4<f32>, WIDTH>;
  // @unroll
  for (var i = 0u; i < WIDTH; i++) {
    query[i] = params.scale * q[at + i];
  }
  var highest = -1e30;
  var mass = 0.0;
  let prefixes = range.y - range.x;
  let count = prefixes + range.w - range.z;
  for (var t = count - min(count, params.window); t < count; t++) {
    let j = select(range.z + t - prefixes, range.x + t, t < prefixes);
    let key = (2u * j * params.kvHeads + kvHead) * WIDTH;
    let value = key + params.kvHeads * WIDTH;
    var score = 0.0;
    // @unroll
    for (var i = 0u; i < WIDTH; i++) {
      score += dot(query[i], values_of_4(kv[key + i]));
    }
    let higher = max(highest, score);
    let fade = exp(highest - higher);
    let p = exp(score - higher);
    highest = higher;
    mass = mass * fade + p;
    // @unroll
    for (var i = 0u; i < WIDTH; i++) {
      sum[i] = sum[i] * fade + p * values_of_4(kv[value + i]);
    }
  }
  let inverse = select(0.0, 1.0 / mass, count > 0u);
  // @unroll
  for (var i = 0u; i < WIDTH; i++) {
    out[at + i] = inverse * sum[i];
  }
  stats[id.x] = vec2<f32>(highest + log(max(mass, 1e-30)), 0.0);
}

@compute @workgroup_size(GROUP)
fn backward_q(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.x / params.heads;
  let head = id.x % params.heads;
  if (n >= params.rows) {
    return;
  }
  let at = id.x * WIDTH;
  let kvHead = head * params.kvHeads / params.heads;
  let range = ranges[n];
  var query: array<vec4<f32>, WIDTH>;
  var d: array<vec4<f32>, WIDTH>;
  var sum: array<vec4<f32>, WIDTH>;
  var own = 0.0;
  // @unroll
  for (var i = 0u; i < WIDTH; i++) {
    query[i] = params.scale * q[at + i];
    d[i] = dout[at + i];
    own += dot(d[i], out[at + i]);
  }
  let level = stats[id.x].x;
  stats[id.x].y = own;
  let prefixes = range.y - range.x;
  let count = prefixes + range.w - range.z;
  for (var t = count - min(count, params.window); t < count; t++) {
    let j = select(range.z + t - prefixes, range.x + t, t < prefixes);
    let key = (2u * j * params.kvHeads + kvHead) * WIDTH;
    let value = key + params.kvHeads * WIDTH;
    var score = 0.0;
    var dp = 0.0;
    // @unroll
    for (var i = 0u; i < WIDTH; i++) {
      score += dot(query[i], values_of_4(kv[key + i]));
      dp += dot(d[i], values_of_4(kv[value + i]));
    }
    let s = exp(score - level) * (dp - own) * params.scale;
    // @unroll
    for (var i = 0u; i < WIDTH; i++) {
      sum[i] += s * values_of_4(kv[key + i]);
    }
  }
  // @unroll
  for (var i = 0u; i < WIDTH; i++) {
    dq[at + i] = sum[i];
  }
}

@compute @workgroup_size(GROUP)
fn backward_kv(@builtin(global_invocation_id) id: vec3<u32>) {
  let j = id.x / params.kvHeads;
  let kvHead = id.x % params.kvHeads;
  if (j >= params.rows) {
    return;
  }
  let at = (2u * j * params.kvHeads + kvHead) * WIDTH;
  let values = at + params.kvHeads * WIDTH;
  let group = params.heads / params.kvHeads;
  let range = visibleTo[j];
  var key: array<vec4<f32>, WIDTH>;
  var value: array<vec4<f32>, WIDTH>;
  var dkey: array<vec4<f32>, WIDTH>;
  var dvalue: array<vec4<f32>, WIDTH>;
  // @unroll
  for (var i = 0u; i < WIDTH; i++) {
    key[i] = params.scale * values_of_4(kv[at + i]);
    value[i] = values_of_4(kv[values + i]);
  }
  let rest = min(range.y - range.x, params.window);
  let count = rest + range.w - range.z;
  // The inner loop has no branches, because software adapters copy all sums at each level of control flow.
  for (var g = 0u; g < group; g++) {
    let head = kvHead * group + g;
    for (var t = 0u; t < count; t++) {
      let n = select(range.z + t - rest, range.x + t, t < rest);
      // A later row may belong to another branch, or be beyond the window.
      let view = ranges[n];
      let inPrefix = j >= view.x && j < view.y;
      let later = view.w - select(j, view.z - (view.y - j), inPrefix) - 1u;
      let isVisible = (inPrefix || (j >= view.z && j < view.w)) && later < params.window;
      let row = n * params.heads + head;
      let base = row * WIDTH;
      var score = 0.0;
      var dp = 0.0;
      // @unroll
      for (var i = 0u; i < WIDTH; i++) {
        score += dot(key[i], q[base + i]);
        dp += dot(value[i], dout[base + i]);
      }
      let stat = stats[row];
      let p = select(0.0, exp(score - stat.x), isVisible);
      let s = p * (dp - stat.y) * params.scale;
      // @unroll
      for (var i = 0u; i < WIDTH; i++) {
        dkey[i] += s * q[base + i];
        dvalue[i] += p * dout[base + i];
      }
    }
  }
  // @unroll
  for (var i = 0u; i < WIDTH; i++) {
    dkv[at + i] = dkey[i];
    dkv[values + i] = dvalue[i];
  }
}
