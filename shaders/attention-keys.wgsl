// Attention for few rows, as in decoding: the keys are split over workgroups (arXiv 2311.01282). It computes the
// forward pass of attention.wgsl on the same tensors: `q`, `kv`, `ranges`, `out`, `stats`; `WIDTH` is D / 4.
// `values_of_4` reads four values of `kv` (lib/kv_*).
//
// `forward_keys` takes chunks of at most `KEYS` key rows. For each chunk that row n sees, and each head h:
//
//   level[chunk, n, h] = (m, Σ_j exp(s[j] − m)),   m = max_j s[j]
//   partial[chunk, n, h] = Σ_j exp(s[j] − m) · value[j, h / G]
//   s[j] = scale · q[n, h] · key[j, h / G],   key[j] = kv[j, 0],   value[j] = kv[j, 1]
//
// `forward_merge` adds the chunks up, one thread for each vec4 of `out`.
//
// The chunks of the prefix come first, `prefixChunks` of them, then those of the row's own branch. So rows with equal
// prefixes have equal chunks of it. A workgroup takes a chunk, a key head, and up to `ROWS` rows beside each other
// with that prefix; a chunk of a branch has one row. It loads the keys and the values of the chunk once, into
// registers, and computes `BLOCK` queries at a time with them. A thread holds two things:
//
//   - `SPAN` vec4s of values: one column of the keys of a part of the chunk;
//   - `COLUMNS` vec4s of one key, which it shares with the threads beside it.

struct Params {
  rows: u32,          // N
  heads: u32,         // H
  kvHeads: u32,
  window: u32,        // a row sees the last `window` of its keys
  scale: f32,
  prefixChunks: u32,
  chunks: u32,        // all of them
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kv: array<Stored4>;
@group(0) @binding(2) var<storage, read> ranges: array<vec4<u32>>;          // [N]: prefix, prefixEnd, own, ownEnd
@group(0) @binding(3) var<storage, read_write> partial: array<vec4<f32>>;   // [chunks, N, H, WIDTH]
@group(0) @binding(4) var<storage, read_write> level: array<vec2<f32>>;     // [chunks, N, H]
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(7) var<uniform> params: Params;

// The chunk begins at key row x, and the row sees the key rows [y, z) of it. There are none if y ≥ z.
fn chunk_of(range: vec4<u32>, chunk: u32) -> vec3<u32> {
  let prefixes = range.y - range.x;
  let count = prefixes + range.w - range.z;
  // The keys before the window.
  let hidden = count - min(count, params.window);
  if (chunk < params.prefixChunks) {
    let start = range.x + chunk * KEYS;
    return vec3<u32>(start, max(start, range.x + min(hidden, prefixes)), min(start + KEYS, range.y));
  }
  let start = range.z + (chunk - params.prefixChunks) * KEYS;
  return vec3<u32>(start, max(start, range.z + max(hidden, prefixes) - prefixes), min(start + KEYS, range.w));
}

// Parts of a chunk, threads, and threads that share a key.
const PARTS: u32 = KEYS / SPAN;
const THREADS: u32 = PARTS * WIDTH;
const PIECES: u32 = THREADS / KEYS;

var<workgroup> queries: array<vec4<f32>, BLOCK * WIDTH>;
var<workgroup> pieces: array<f32, BLOCK * KEYS * PIECES>;  // of scores
var<workgroup> scores: array<f32, BLOCK * KEYS>;
var<workgroup> sums: array<vec4<f32>, BLOCK * THREADS>;
var<workgroup> levels: array<vec2<f32>, BLOCK * PARTS>;
var<workgroup> begins: array<u32, ROWS>;

// Query m of a key head is one of its G heads, in the row m / G from `first` on. Returns its index in [N, H].
fn query_of(first: u32, kvHead: u32, m: u32) -> u32 {
  let group = params.heads / params.kvHeads;
  return (first + m / group) * params.heads + kvHead * group + m % group;
}

@compute @workgroup_size(PARTS * WIDTH)
fn forward_keys(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let kvHead = id.x;
  let chunk = id.y;
  let n = id.z;
  let range = ranges[n];
  let keys = chunk_of(range, chunk);
  var begin = keys.y;
  var rows = 1u;
  if (ROWS > 1u && chunk < params.prefixChunks) {
    // Rows share a workgroup if their indices divided by ROWS are equal too, so one comparison finds the first.
    if (n % ROWS > 0u && all(ranges[max(n, 1u) - 1u].xy == range.xy)) {
      return;
    }
    var shared_prefix = true;
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let other = ranges[min(n + r, params.rows - 1u)];
      shared_prefix = shared_prefix && n % ROWS + r < ROWS && n + r < params.rows && all(other.xy == range.xy);
      if (shared_prefix) {
        rows = r + 1u;
        begin = min(begin, chunk_of(other, chunk).y);
      }
    }
  }
  if (begin >= keys.z) {
    return;
  }
  let last = keys.z - 1u;
  let stride = 2u * params.kvHeads * WIDTH;
  let key = thread / PIECES;
  let piece = thread % PIECES;
  let keyAt = min(keys.x + key, last) * stride + kvHead * WIDTH;
  var k: array<vec4<f32>, COLUMNS>;
  // @unroll
  for (var i = 0u; i < COLUMNS; i++) {
    if (WIDTH % PIECES == 0u || piece + i * PIECES < WIDTH) {
      k[i] = values_of_4(kv[keyAt + piece + i * PIECES]);
    }
  }
  let part = thread / WIDTH;
  let column = thread % WIDTH;
  let valueAt = (params.kvHeads + kvHead) * WIDTH + column;
  var v: array<vec4<f32>, SPAN>;
  // @unroll
  for (var i = 0u; i < SPAN; i++) {
    v[i] = values_of_4(kv[min(keys.x + part * SPAN + i, last) * stride + valueAt]);
  }
  if (thread < rows) {
    begins[thread] = chunk_of(ranges[n + thread], chunk).y;
  }
  let group = params.heads / params.kvHeads;
  let count = rows * group;
  for (var i = thread; i < BLOCK * WIDTH; i += THREADS) {
    let m = min(i / WIDTH, count - 1u);
    queries[i] = params.scale * q[query_of(n, kvHead, m) * WIDTH + i % WIDTH];
  }
  workgroupBarrier();
  for (var first = 0u; first < count; first += BLOCK) {
    if (thread < KEYS * PIECES) {
      // @unroll
      for (var b = 0u; b < BLOCK; b++) {
        var score = 0.0;
        // @unroll
        for (var i = 0u; i < COLUMNS; i++) {
          score += dot(k[i], queries[b * WIDTH + min(piece + i * PIECES, WIDTH - 1u)]);
        }
        pieces[b * KEYS * PIECES + thread] = score;
      }
    }
    workgroupBarrier();
    for (var i = thread; i < BLOCK * KEYS; i += THREADS) {
      var score = 0.0;
      for (var j = 0u; j < PIECES; j++) {
        score += pieces[i * PIECES + j];
      }
      let j = keys.x + i % KEYS;
      let visible = j >= begins[min(first + i / KEYS, count - 1u) / group] && j <= last;
      scores[i] = select(-1e30, score, visible);
    }
    // The queries of the next round.
    for (var i = thread; i < BLOCK * WIDTH; i += THREADS) {
      let m = min(first + BLOCK + i / WIDTH, count - 1u);
      queries[i] = params.scale * q[query_of(n, kvHead, m) * WIDTH + i % WIDTH];
    }
    workgroupBarrier();
    // @unroll
    for (var b = 0u; b < BLOCK; b++) {
      var s = array<f32, SPAN>();
      var highest = -1e30;
      // @unroll
      for (var i = 0u; i < SPAN; i++) {
        s[i] = scores[b * KEYS + part * SPAN + i];
        highest = max(highest, s[i]);
      }
      var mass = 0.0;
      var sum = vec4<f32>(0.0);
      // @unroll
      for (var i = 0u; i < SPAN; i++) {
        let p = exp(s[i] - highest);
        mass += p;
        sum += p * v[i];
      }
      sums[b * THREADS + thread] = sum;
      if (column == 0u) {
        levels[b * PARTS + part] = vec2<f32>(highest, mass);
      }
    }
    workgroupBarrier();
    for (var i = thread; i < BLOCK * WIDTH; i += THREADS) {
      let b = i / WIDTH;
      let c = i % WIDTH;
      if (first + b < count) {
        var highest = -1e30;
        for (var j = 0u; j < PARTS; j++) {
          highest = max(highest, levels[b * PARTS + j].x);
        }
        var mass = 0.0;
        var sum = vec4<f32>(0.0);
        for (var j = 0u; j < PARTS; j++) {
          let l = levels[b * PARTS + j];
          let p = exp(l.x - highest);
          mass += p * l.y;
          sum += p * sums[b * THREADS + j * WIDTH + c];
        }
        let at = chunk * params.rows * params.heads + query_of(n, kvHead, first + b);
        partial[at * WIDTH + c] = sum;
        if (c == 0u) {
          level[at] = vec2<f32>(highest, mass);
        }
      }
    }
  }
}

@compute @workgroup_size(GROUP)
fn forward_merge(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x / WIDTH;
  let n = at / params.heads;
  if (n >= params.rows) {
    return;
  }
  let range = ranges[n];
  var highest = -1e30;
  var mass = 0.0;
  var sum = vec4<f32>(0.0);
  let column = id.x % WIDTH;
  for (var first = 0u; first < params.chunks; first += READS) {
    // Reads first, whether or not the row sees the chunk: a GPU then waits for them once.
    var l = array<vec2<f32>, READS>();
    var v = array<vec4<f32>, READS>();
    // @unroll
    for (var i = 0u; i < READS; i++) {
      let from_chunk = min(first + i, params.chunks - 1u) * params.rows * params.heads + at;
      l[i] = level[from_chunk];
      v[i] = partial[from_chunk * WIDTH + column];
    }
    // @unroll
    for (var i = 0u; i < READS; i++) {
      let keys = chunk_of(range, first + i);
      if (first + i < params.chunks && keys.y < keys.z) {
        let higher = max(highest, l[i].x);
        let fade = exp(highest - higher);
        let p = exp(l[i].x - higher);
        highest = higher;
        mass = mass * fade + p * l[i].y;
        sum = sum * fade + p * v[i];
      }
    }
  }
  out[id.x] = select(0.0, 1.0 / mass, mass > 0.0) * sum;
  if (column == 0u) {
    stats[at] = vec2<f32>(highest + log(max(mass, 1e-30)), 0.0);
  }
}
