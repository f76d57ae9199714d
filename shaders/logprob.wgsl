// Log-probability of each row's target token:
//
//   logp[m] = logits[m, targets[m]] − lse[m]
//   lse[m] = log Σ_v exp(logits[m, v])
//
// The logits [M, V] never exist as a whole: they come in chunks of columns [`first`, `first` + `chunk`). `forward`
// folds a chunk into `running` [M] = (maximum so far, Σ exp(logit − maximum), logit of the target, unused), and after
// the last chunk writes `logps` and `lse` [M]. `backward` replaces a chunk by its gradient:
//
//   dlogits[m, v] = dbranch[branches[m]] · ((1 if v = targets[m], else 0) − exp(logits[m, v] − lse[m]))
//
// `LANES` threads share a row in `forward` (lib/reduce_*).

struct Params {
  rows: u32,    // M
  first: u32,
  chunk: u32,   // columns of this chunk
  stride: u32,  // width of logits, / 4
  last: u32,    // 1 for the last chunk
}

@group(0) @binding(0) var<storage, read_write> logits: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> running: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> logps: array<f32>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<storage, read> branches: array<u32>;  // branch of each row
@group(0) @binding(6) var<storage, read> dbranch: array<f32>;   // derivative of the loss by the sum of a branch
@group(0) @binding(7) var<uniform> params: Params;

// 1 for columns of the chunk, `absent` for those that pad a row to a multiple of four.
fn masked(c: u32, absent: f32) -> vec4<f32> {
  return select(vec4<f32>(absent), vec4<f32>(1.0), 4u * c + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.chunk));
}

@compute @workgroup_size(LANES, ROWS)
fn forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = group.x * ROWS + local.y;
  let m = min(row, params.rows - 1u);
  let base = m * params.stride;
  let width = (params.chunk + 3u) / 4u;
  var highest = vec4<f32>(-1e30);
  for (var c = local.x; c < width; c += LANES) {
    highest = max(highest, select(vec4<f32>(-1e30), logits[base + c], masked(c, 0.0) > vec4<f32>(0.0)));
  }
  let before = running[m];
  let top = max(
    row_max(max(max(highest.x, highest.y), max(highest.z, highest.w)), local.xy),
    select(before.x, -1e30, params.first == 0u));
  var mass = vec4<f32>(0.0);
  for (var c = local.x; c < width; c += LANES) {
    mass += masked(c, 0.0) * exp(min(logits[base + c] - top, vec4<f32>(0.0)));
  }
  var total = row_sum(dot(mass, vec4<f32>(1.0)), local.xy);
  if (row >= params.rows || local.x != 0u) {
    return;
  }
  var chosen = before.z;
  if (params.first > 0u) {
    total += before.y * exp(before.x - top);
  }
  let token = targets[m];
  if (token >= params.first && token < params.first + params.chunk) {
    let v = token - params.first;
    chosen = logits[base + v / 4u][v % 4u];
  }
  running[m] = vec4<f32>(top, total, chosen, 0.0);
  if (params.last != 0u) {
    let level = top + log(total);
    lse[m] = level;
    logps[m] = chosen - level;
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let m = id.y;
  let c = id.x;
  if (m >= params.rows || 4u * c >= params.chunk) {
    return;
  }
  let at = m * params.stride + c;
  let v = params.first + 4u * c + vec4<u32>(0u, 1u, 2u, 3u);
  let hit = select(vec4<f32>(0.0), vec4<f32>(1.0), v == vec4<u32>(targets[m]));
  logits[at] = masked(c, 0.0) * dbranch[branches[m]] * (hit - exp(min(logits[at] - lse[m], vec4<f32>(0.0))));
}
