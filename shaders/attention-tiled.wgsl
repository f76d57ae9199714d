// Attention in tiles, for many rows. It computes the formulas of attention.wgsl on the same bindings: `q`, `kv`,
// `ranges`, `out`, `stats`, `dout`, `dq`, `visibleTo`, `dkv`. `values_of_4` reads four values of `kv` (lib/kv_*).
//
// A score row m of a key head is one of its query heads in one row: head m mod G of row m / G. The query heads
// of a group thus share the tiles of keys. A workgroup multiplies a tile of `OWN` items by all other items that one of
// them sees, `OTHERS` at a time (arXiv 2307.08691):
//
//   `forward`       own: score rows   other: keys         sums: out
//   `backward_q`    own: score rows   other: keys         sums: dq
//   `backward_kv`   own: keys         other: score rows   sums: dkeys, dvalues
//
// Thread (`across`, `down`) computes the products of four own items with `EACH` others, then ⌈WIDTH / ACROSS⌉ vec4s of
// the sums of its four own items. In between, threads exchange their weights through `by_down`.
//
// A row sees keys in its prefix and in its own branch; these are two passes, in which it sees one interval. Tiles of
// keys are at multiples of `OTHERS` from the start of an interval, and only rows for which they are see them. So the
// result of a row does not depend on the rows beside it. Tiles that no row sees are skipped.

struct Params {
  rows: u32,   // N (forward, backward_q) or R (backward_kv)
  heads: u32,  // H
  kvHeads: u32,
  window: u32,
  scale: f32,
  first: u32,  // the first row, or the first key in backward_kv, of this dispatch
  width: u32,  // WIDTH, not a constant: compilers should not unroll loops with barriers
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

const NONE = 0xffffffffu;
const THREADS = ACROSS * DOWN;
const OWN = 4u * DOWN;
const OTHERS = EACH * ACROSS;

// One more column than used, so that threads beside each other write to different banks.
var<workgroup> by_down: array<array<vec4<f32>, DOWN + 1u>, max(4u * SLICE, OTHERS)>;
var<workgroup> by_across: array<array<vec4<f32>, ACROSS + 1u>, max(EACH * SLICE, STAGE * COLUMNS)>;
// The interval of keys that each own row sees in this pass, and its start without a window, for four rows at a time.
var<workgroup> starts: array<vec4<u32>, DOWN>;
var<workgroup> begins: array<vec4<u32>, DOWN>;
var<workgroup> ends: array<vec4<u32>, DOWN>;
var<workgroup> lowest: atomic<u32>;
var<workgroup> shared_bound: u32;

var<private> lane: u32;
var<private> across: u32;
var<private> down: u32;
var<private> kv_head: u32;

fn enter(local: vec3<u32>, kvHead: u32) {
  across = local.x;
  down = local.y;
  lane = down * ACROSS + across;
  kv_head = kvHead;
  if (lane == 0u) {
    atomicStore(&lowest, NONE);
  }
  workgroupBarrier();
}

// Index of a score row in `stats`.
fn head_of(m: u32) -> u32 {
  return m / G * params.heads + kv_head * G + m % G;
}

// The sources that items are read from.
const KEYS = 0u;
const VALUES = 1u;
const QUERIES = 2u;
const GRADIENTS = 3u;

// The vec4 i of an item, or zeros beyond the last item and beyond its width.
fn fetch(source: u32, item: u32, end: u32, i: u32) -> vec4<f32> {
  if (item >= end || i >= WIDTH) {
    return vec4<f32>(0.0);
  }
  if (source == QUERIES) {
    return q[head_of(item) * WIDTH + i];
  }
  if (source == GRADIENTS) {
    return dout[head_of(item) * WIDTH + i];
  }
  return values_of_4(kv[((2u * item + source) * params.kvHeads + kv_head) * WIDTH + i]);
}

// Products of the thread's four own items, from `own` on, with its other items, from `other` on.
fn products(
  ownSource: u32, own: u32, ownEnd: u32, otherSource: u32, other: u32, otherEnd: u32
) -> array<vec4<f32>, EACH> {
  var sum: array<vec4<f32>, EACH>;
  for (var slice = 0u; slice < params.width; slice += SLICE) {
    workgroupBarrier();
    for (var t = lane; t < SLICE * OWN; t += THREADS) {
      let i = t % SLICE;
      let item = t / SLICE;
      by_down[item % 4u * SLICE + i][item / 4u] = fetch(ownSource, own + item, ownEnd, slice + i);
    }
    for (var t = lane; t < SLICE * OTHERS; t += THREADS) {
      let i = t % SLICE;
      let item = t / SLICE;
      by_across[item / ACROSS * SLICE + i][item % ACROSS] =
        fetch(otherSource, other + item, otherEnd, slice + i);
    }
    workgroupBarrier();
    let depth = min(SLICE, params.width - slice);
    for (var i = 0u; i < depth; i++) {
      let a0 = by_down[i][down];
      let a1 = by_down[SLICE + i][down];
      let a2 = by_down[2u * SLICE + i][down];
      let a3 = by_down[3u * SLICE + i][down];
      // @unroll
      for (var k = 0u; k < EACH; k++) {
        let b = by_across[k * SLICE + i][across];
        sum[k].x = sum[k].x + a0.x * b.x + a0.y * b.y + a0.z * b.z + a0.w * b.w;
        sum[k].y = sum[k].y + a1.x * b.x + a1.y * b.y + a1.z * b.z + a1.w * b.w;
        sum[k].z = sum[k].z + a2.x * b.x + a2.y * b.y + a2.z * b.z + a2.w * b.w;
        sum[k].w = sum[k].w + a3.x * b.x + a3.y * b.y + a3.z * b.z + a3.w * b.w;
      }
    }
  }
  return sum;
}

// Adds the products of the workgroup's weights with other items, from `first` on. `weights` are those of
// this thread.
fn add_weighted(
  sum: ptr<function, array<vec4<f32>, 4u * COLUMNS>>, weights: array<vec4<f32>, EACH>,
  source: u32, first: u32, end: u32
) {
  workgroupBarrier();
  // @unroll
  for (var k = 0u; k < EACH; k++) {
    by_down[k * ACROSS + across][down] = weights[k];
  }
  let others = min(OTHERS, end - first);
  for (var stage = 0u; stage < others; stage += STAGE) {
    workgroupBarrier();
    for (var t = lane; t < STAGE * COLUMNS * ACROSS; t += THREADS) {
      let row = t / ACROSS;
      let column = row % COLUMNS * ACROSS + t % ACROSS;
      by_across[row][t % ACROSS] = fetch(source, first + stage + row / COLUMNS, end, column);
    }
    workgroupBarrier();
    let count = min(STAGE, others - stage);
    for (var o = 0u; o < count; o++) {
      let weight = by_down[stage + o][down];
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        let x = by_across[o * COLUMNS + c][across];
        // @unroll
        for (var r = 0u; r < 4u; r++) {
          (*sum)[r * COLUMNS + c] += weight[r] * x;
        }
      }
    }
  }
}

// The maximum over the threads that share four own items, and the sum over them.
fn across_max(x: vec4<f32>) -> vec4<f32> {
  share_across(x);
  var all = x;
  for (var a = 0u; a < ACROSS; a++) {
    all = max(all, by_down[a][down]);
  }
  return all;
}

fn across_sum(x: vec4<f32>) -> vec4<f32> {
  share_across(x);
  var all = vec4<f32>(0.0);
  for (var a = 0u; a < ACROSS; a++) {
    all += by_down[a][down];
  }
  return all;
}

fn share_across(x: vec4<f32>) {
  workgroupBarrier();
  by_down[across][down] = x;
  workgroupBarrier();
}

// The smallest x of all threads, and the greatest.
fn least(x: u32) -> u32 {
  if (x != NONE) {
    atomicMin(&lowest, x);
  }
  workgroupBarrier();
  if (lane == 0u) {
    shared_bound = atomicLoad(&lowest);
    atomicStore(&lowest, NONE);
  }
  return workgroupUniformLoad(&shared_bound);
}

fn greatest(x: u32) -> u32 {
  return ~least(~x);
}

// The keys that row n sees within the window, in its prefix or in its own branch: from x to y.
fn interval(n: u32, inPrefix: bool) -> vec2<u32> {
  let range = ranges[n];
  let prefixes = range.y - range.x;
  let count = prefixes + range.w - range.z;
  let hidden = count - min(count, params.window);
  let hiddenPrefixes = min(hidden, prefixes);
  return select(
    vec2<u32>(range.z + hidden - hiddenPrefixes, range.w), vec2<u32>(range.x + hiddenPrefixes, range.y), inPrefix);
}

// Prepares `next_tile` and `sees` for the tile's score rows, from row m on. Returns the end of the last interval.
fn look(m: u32, end: u32, inPrefix: bool) -> u32 {
  var last = 0u;
  if (lane < DOWN) {
    var start = vec4<u32>(0u);
    var begin = vec4<u32>(0u);
    var stop = vec4<u32>(0u);
    // @unroll
    for (var r = 0u; r < 4u; r++) {
      if (m + 4u * lane + r < end) {
        let n = (m + 4u * lane + r) / G;
        let keys = interval(n, inPrefix);
        if (keys.x < keys.y) {
          start[r] = select(ranges[n].z, ranges[n].x, inPrefix);
          begin[r] = keys.x;
          stop[r] = keys.y;
          last = max(last, keys.y);
        }
      }
    }
    starts[lane] = start;
    begins[lane] = begin;
    ends[lane] = stop;
  }
  return greatest(last);
}

// The first tile from key j on that one of the tile's score rows sees, or NONE.
fn next_tile(j: u32) -> u32 {
  var found = NONE;
  if (lane < DOWN) {
    let start = starts[lane];
    let visible = begins[lane] - (begins[lane] - start) % OTHERS;
    let next = start + (max(start, vec4<u32>(j)) - start + OTHERS - 1u) / OTHERS * OTHERS;
    let tiles = select(vec4<u32>(NONE), max(visible, next), max(visible, next) < ends[lane]);
    found = min(min(tiles.x, tiles.y), min(tiles.z, tiles.w));
  }
  return least(found);
}

// Whether each of the thread's score rows sees key j of a tile.
fn sees(first: u32, j: u32) -> vec4<bool> {
  let start = starts[down];
  let mine = (start <= vec4<u32>(first)) & ((vec4<u32>(first) - start) % OTHERS == vec4<u32>(0u));
  return mine & (vec4<u32>(j) >= begins[down]) & (vec4<u32>(j) < ends[down]);
}

@compute @workgroup_size(ACROSS, DOWN)
fn forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  enter(local, group.y);
  let first = params.first * G + group.x * OWN;
  let end = params.rows * G;
  var sum: array<vec4<f32>, 4u * COLUMNS>;
  var mass = vec4<f32>(0.0);
  var top = vec4<f32>(-1e30);
  for (var range = 0u; range < 2u; range++) {
    let stop = look(first, end, range == 1u);
    var behind = 0u;
    loop {
      let j = next_tile(behind);
      if (j == NONE) {
        break;
      }
      var weights = products(QUERIES, first, end, KEYS, j, stop);
      var higher = top;
      // @unroll
      for (var k = 0u; k < EACH; k++) {
        weights[k] = select(vec4<f32>(-1e37), params.scale * weights[k], sees(j, j + k * ACROSS + across));
        higher = max(higher, weights[k]);
      }
      higher = across_max(higher);
      let fade = exp(top - higher);
      top = higher;
      mass *= fade;
      // @unroll
      for (var k = 0u; k < EACH; k++) {
        weights[k] = exp(weights[k] - higher);
        mass += weights[k];
      }
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        // @unroll
        for (var r = 0u; r < 4u; r++) {
          sum[r * COLUMNS + c] *= fade[r];
        }
      }
      add_weighted(&sum, weights, VALUES, j, stop);
      behind = j + 1u;
    }
  }
  mass = across_sum(mass);
  let inverse = select(vec4<f32>(0.0), 1.0 / mass, mass > vec4<f32>(0.0));
  let lse = top + log(max(mass, vec4<f32>(1e-30)));
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    let m = first + 4u * down + r;
    if (m < end) {
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if (c * ACROSS + across < WIDTH) {
          out[head_of(m) * WIDTH + c * ACROSS + across] = inverse[r] * sum[r * COLUMNS + c];
        }
      }
      if (across == 0u) {
        stats[head_of(m)] = vec2<f32>(lse[r], 0.0);
      }
    }
  }
}

@compute @workgroup_size(ACROSS, DOWN)
fn backward_q(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  enter(local, group.y);
  let first = params.first * G + group.x * OWN;
  let end = params.rows * G;
  var lse = vec4<f32>(0.0);
  var delta = vec4<f32>(0.0);
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    let m = first + 4u * down + r;
    if (m < end) {
      lse[r] = stats[head_of(m)].x;
      for (var i = across; i < WIDTH; i += ACROSS) {
        delta[r] += dot(dout[head_of(m) * WIDTH + i], out[head_of(m) * WIDTH + i]);
      }
    }
  }
  delta = across_sum(delta);
  var sum: array<vec4<f32>, 4u * COLUMNS>;
  for (var range = 0u; range < 2u; range++) {
    let stop = look(first, end, range == 1u);
    var behind = 0u;
    loop {
      let j = next_tile(behind);
      if (j == NONE) {
        break;
      }
      var weights: array<vec4<f32>, EACH> = array<vec4<f32>, EACH>();
      var dp: array<vec4<f32>, EACH> = array<vec4<f32>, EACH>();
      for (var gradient = 0u; gradient < 2u; gradient++) {
        weights = dp;
        dp = products(QUERIES + gradient, first, end, KEYS + gradient, j, stop);
      }
      // @unroll
      for (var k = 0u; k < EACH; k++) {
        let p = exp(params.scale * weights[k] - lse);
        weights[k] = select(vec4<f32>(0.0), p * (dp[k] - delta) * params.scale, sees(j, j + k * ACROSS + across));
      }
      add_weighted(&sum, weights, KEYS, j, stop);
      behind = j + 1u;
    }
  }
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    let m = first + 4u * down + r;
    if (m < end) {
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if (c * ACROSS + across < WIDTH) {
          dq[head_of(m) * WIDTH + c * ACROSS + across] = sum[r * COLUMNS + c];
        }
      }
      if (across == 0u) {
        stats[head_of(m)].y = delta[r];
      }
    }
  }
}

// The first row from `start` to `end` that sees one of the keys [j, jEnd), or NONE.
fn next_row(start: u32, end: u32, inPrefix: bool, j: u32, jEnd: u32) -> u32 {
  var found = NONE;
  for (var n = start; n < end && found == NONE; n += THREADS) {
    var mine = NONE;
    if (n + lane < end) {
      let keys = interval(n + lane, inPrefix);
      if (max(keys.x, j) < min(keys.y, jEnd)) {
        mine = n + lane;
      }
    }
    found = least(mine);
  }
  return found;
}

@compute @workgroup_size(ACROSS, DOWN)
fn backward_kv(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  enter(local, group.y);
  let first = params.first + group.x * OWN;
  let end = min(first + OWN, params.rows);
  let keys = vec4<u32>(first + 4u * down) + vec4<u32>(0u, 1u, 2u, 3u);
  var dkeys: array<vec4<f32>, 4u * COLUMNS>;
  var dvalues: array<vec4<f32>, 4u * COLUMNS>;
  for (var range = 0u; range < 2u; range++) {
    let inPrefix = range == 1u;
    var dependents = vec2<u32>(NONE, 0u);
    if (lane < OWN && first + lane < end) {
      let rows = visibleTo[first + lane];
      dependents = select(rows.xy, rows.zw, inPrefix);
      dependents = select(vec2<u32>(NONE, 0u), dependents, dependents.x < dependents.y);
    }
    let start = least(dependents.x);
    let stop = greatest(dependents.y);
    var m = start * G;
    loop {
      let n = next_row(m / G, stop, inPrefix, first, end);
      if (n == NONE) {
        break;
      }
      // The heads of a row may be in two tiles.
      m = max(m, n * G);
      var p: array<vec4<f32>, EACH> = array<vec4<f32>, EACH>();
      var s: array<vec4<f32>, EACH> = array<vec4<f32>, EACH>();
      for (var gradient = 0u; gradient < 2u; gradient++) {
        p = s;
        s = products(KEYS + gradient, first, end, QUERIES + gradient, m, stop * G);
      }
      // @unroll
      for (var k = 0u; k < EACH; k++) {
        let other = m + k * ACROSS + across;
        var seen = vec2<u32>(0u);
        var stat = vec2<f32>(0.0);
        if (other < stop * G) {
          seen = interval(other / G, inPrefix);
          stat = stats[head_of(other)];
        }
        let visible = (keys >= vec4<u32>(seen.x)) & (keys < vec4<u32>(seen.y));
        p[k] = select(vec4<f32>(0.0), exp(params.scale * p[k] - stat.x), visible);
        s[k] = p[k] * (s[k] - stat.y) * params.scale;
      }
      add_weighted(&dvalues, p, GRADIENTS, m, stop * G);
      add_weighted(&dkeys, s, QUERIES, m, stop * G);
      m += OTHERS;
    }
  }
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    let j = first + 4u * down + r;
    if (j < end) {
      let at = (2u * j * params.kvHeads + kv_head) * WIDTH;
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        let column = c * ACROSS + across;
        if (column < WIDTH) {
          dkv[at + column] = dkeys[r * COLUMNS + c];
          dkv[at + params.kvHeads * WIDTH + column] = dvalues[r * COLUMNS + c];
        }
      }
    }
  }
}
