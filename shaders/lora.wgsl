// The LoRA products that the linear layer does not compute (arXiv 2106.09685). With an adapter, a layer computes inp
// · weightᵀ + scale · h · Bᵀ with h = inp · Aᵀ; the product with B is part of linear.wgsl.
//
// inp [N, I], A [Σrank, I], h [N, Σrank], B [ΣO, rank]. Projections that share an input (q, k, v; gate, up) are
// stacked; each is a segment with its own outputs, columns of h and rows of B. H and P are the first column of h of a
// segment, and its first row of B minus its first output. All entry points bind `left`, `right` and `out`.
//
// `down` computes h. `left` is inp, `right` is A, `out` is h:
//
//   out[n, j] = Σ_i left[n, i] · right[j, i]
//
// `backward_hidden` computes dh. `left` is the gradient of the layer's output, `right` is B, `out` is dh. The sum is
// over the outputs of the segment of column j of h:
//
//   out[n, j] = scale · Σ_o left[n, o] · right[o + P, j - H]
//
// `backward_weight` adds to the gradient of a factor, an outer product summed over rows. For B, (`left`, `right`) is
// (the gradient of the layer's output, h). For A it is (dh, inp), `scale` is 1, and the columns of dh are one segment
// with H = P = 0:
//
//   out[p + P, q] += scale · Σ_n left[n, p] · right[n, H + q]
//
// A thread of these three computes `TILE_ROWS` × `TILE_COLS` outputs, and needs no other thread. Where that leaves a
// GPU idle, `down_split`, `backward_hidden_split` and `backward_weight_split` compute the same: `SPLIT` threads of a
// workgroup divide each sum and read the operands side by side. They bind `sums` instead of `out`, which is the same
// buffer. With lib/lora_normed, `down` also norms its input.

struct Params {
  rows: u32,        // N
  leftWidth: u32,   // width of left, / 4
  rightWidth: u32,  // width of right, / 4
  outWidth: u32,    // width of out, / 4
  scale: f32,
  end0: u32,        // one past the last output of segment 0, / 4
  end1: u32,
  h0: u32,          // H of segment 0, / 4; NONE without an adapter
  h1: u32,
  h2: u32,
  b0: u32,          // P of segment 0 (modulo 2³²)
  b1: u32,
  b2: u32,
  share: u32,       // this and the following: see lib/lora_normed
  size: u32,
  eps: f32,
  offset: f32,
}

const NONE: u32 = 0x7fffffffu;

@group(0) @binding(0) var<storage, read> left: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

struct Segment {
  begin: u32,  // first output, / 4
  end: u32,
  h: u32,
  b: u32,
}

fn segment_at(i: u32) -> Segment {
  if (i == 0u) {
    return Segment(0u, params.end0, params.h0, params.b0);
  }
  if (i == 1u) {
    return Segment(params.end0, params.end1, params.h1, params.b1);
  }
  return Segment(params.end1, params.leftWidth, params.h2, params.b2);
}

// `o` is an output, / 4.
fn segment_of(o: u32) -> Segment {
  return segment_at(u32(o >= params.end0) + u32(o >= params.end1));
}

@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn down(@builtin(global_invocation_id) id: vec3<u32>) {
  let n0 = id.y * TILE_ROWS;
  let j = id.x;
  if (n0 >= params.rows || j >= params.outWidth) {
    return;
  }
  var sum: array<vec4<f32>, TILE_ROWS>;
  var at: array<u32, TILE_ROWS>;
  let width = params.leftWidth;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * width;
  }
  let first = 4u * j * width;
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
      out[(n0 + r) * params.outWidth + j] = sum[r];
    }
  }
}

@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn backward_hidden(@builtin(global_invocation_id) id: vec3<u32>) {
  let n0 = id.y * TILE_ROWS;
  let j = id.x;
  let rank = params.rightWidth;
  let segment = segment_at(id.z);
  if (n0 >= params.rows || j >= rank || segment.h == NONE) {
    return;
  }
  var sum: array<vec4<f32>, TILE_ROWS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * params.leftWidth;
  }
  var row = (4u * segment.begin + segment.b) * rank + j;
  for (var o = segment.begin; o < segment.end; o++) {
    let b0 = right[row];
    let b1 = right[row + rank];
    let b2 = right[row + 2u * rank];
    let b3 = right[row + 3u * rank];
    row += 4u * rank;
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      let d = left[at[r] + o];
      sum[r] += d.x * b0 + d.y * b1 + d.z * b2 + d.w * b3;
    }
  }
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    if (n0 + r < params.rows) {
      out[(n0 + r) * params.outWidth + segment.h + j] = params.scale * sum[r];
    }
  }
}

// `VECS` is `TILE_COLS` / 4, and `TILE_ROWS` is 4.
@compute @workgroup_size(GROUP_COLS, GROUP_ROWS)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.y;
  let q = id.x * VECS;
  if (p >= params.leftWidth || q >= params.outWidth) {
    return;
  }
  let segment = segment_of(p);
  if (segment.h == NONE) {
    return;
  }
  var sum: array<vec4<f32>, 4u * VECS>;
  let rows = params.rows;
  let leftWidth = params.leftWidth;
  let rightWidth = params.rightWidth;
  var fromLeft = p;
  var fromRight = segment.h + q;
  for (var n = 0u; n < rows; n++) {
    let l = left[fromLeft];
    fromLeft += leftWidth;
    // @unroll
    for (var c = 0u; c < VECS; c++) {
      let r = right[fromRight + c];
      sum[c] += l.x * r;
      sum[VECS + c] += l.y * r;
      sum[2u * VECS + c] += l.z * r;
      sum[3u * VECS + c] += l.w * r;
    }
    fromRight += rightWidth;
  }
  // @unroll
  for (var s = 0u; s < 4u; s++) {
    // @unroll
    for (var c = 0u; c < VECS; c++) {
      out[(4u * p + s + segment.b) * params.outWidth + q + c] += params.scale * sum[s * VECS + c];
    }
  }
}

// The tile of a workgroup in the split entry points. A partial sum of each output by each of `SPLIT` threads, a power
// of two of at least `TILE_ROWS` · `TILE_COLS`, goes through workgroup memory.
const ROWS: u32 = TILE_ROWS * GROUP_ROWS;
const COLS: u32 = TILE_COLS * GROUP_COLS;
// Outputs, and with `NORMED` a sum for each row.
const SUMS: u32 = ROWS * (COLS + NORMED);
var<workgroup> partial: array<f32, SUMS * SPLIT>;

// Threads that add up the partial sums of one output.
const JOIN: u32 = max(1u, min(8u, SPLIT / (TILE_ROWS * TILE_COLS * (1u + NORMED))));
const NEAR: u32 = min(SPLIT, 32u);

// Place of a partial sum of output o of the tile. Lanes are permuted, so that threads that add up different outputs
// read from different banks of workgroup memory.
fn place(o: u32, lane: u32) -> u32 {
  return o * SPLIT + (lane ^ ((o / (32u / NEAR) * JOIN) % NEAR));
}

// The sum of output `thread` of the tile, after all threads have written their partial sums. Only the first SUMS
// threads get one. All threads must call this.
fn joined(thread: u32) -> f32 {
  workgroupBarrier();
  let o = thread / JOIN;
  let part = thread % JOIN;
  var sum = 0.0;
  if (o < SUMS) {
    for (var lane = part; lane < SPLIT; lane += JOIN) {
      sum += partial[place(o, lane)];
    }
  }
  if (JOIN > 1u) {
    if (o < SUMS) {
      // No other thread reads this place before the barrier.
      partial[place(o, part)] = sum;
    }
    workgroupBarrier();
    sum = 0.0;
    if (thread < SUMS) {
      for (var i = 0u; i < JOIN; i++) {
        sum += partial[place(thread, i)];
      }
    }
  }
  return sum;
}

// Writes the sum of output `thread` of a tile whose rows are rows of h. The `width` columns begin at column `first` of
// h.
fn store_hidden(group: vec3<u32>, thread: u32, sum: f32, first: u32, width: u32) {
  let n = group.y * ROWS + thread / COLS;
  let j = group.x * COLS + thread % COLS;
  if (thread < ROWS * COLS && n < params.rows && j < width) {
    sums[n * 4u * params.outWidth + first + j] = sum;
  }
}

@compute @workgroup_size(SPLIT, GROUP_COLS, GROUP_ROWS)
fn down_split(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let n0 = group.y * ROWS + local.z * TILE_ROWS;
  let j0 = min(group.x * COLS + local.y * TILE_COLS, 4u * params.outWidth - TILE_COLS);
  let width = params.leftWidth;
  var sum: array<f32, TILE_ROWS * TILE_COLS>;
  var a: array<vec4<f32>, TILE_COLS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * width;
  }
  for (var k = local.x; k < width; k += SPLIT) {
    // @unroll
    for (var c = 0u; c < TILE_COLS; c++) {
      a[c] = right[(j0 + c) * width + k];
    }
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      let x = left[at[r] + k];
      // @unroll
      for (var c = 0u; c < TILE_COLS; c++) {
        sum[r * TILE_COLS + c] += dot(x, a[c]);
      }
    }
  }
  let o = local.z * TILE_ROWS * COLS + local.y * TILE_COLS;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    // @unroll
    for (var c = 0u; c < TILE_COLS; c++) {
      partial[place(o + r * COLS + c, local.x)] = sum[r * TILE_COLS + c];
    }
  }
  store_hidden(group, thread, joined(thread), 0u, 4u * params.outWidth);
}

// `TILE_COLS` is 4.
@compute @workgroup_size(GROUP_COLS, SPLIT, GROUP_ROWS)
fn backward_hidden_split(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let rank = params.rightWidth;
  let segment = segment_at(group.z);
  if (segment.h == NONE) {
    return;
  }
  let n0 = group.y * ROWS + local.z * TILE_ROWS;
  let first = segment.b * rank + min(group.x * GROUP_COLS + local.x, rank - 1u);
  var sum: array<vec4<f32>, TILE_ROWS>;
  var at: array<u32, TILE_ROWS>;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    at[r] = min(n0 + r, params.rows - 1u) * params.leftWidth;
  }
  for (var o = segment.begin + local.y; o < segment.end; o += SPLIT) {
    let row = first + 4u * o * rank;
    let b0 = right[row];
    let b1 = right[row + rank];
    let b2 = right[row + 2u * rank];
    let b3 = right[row + 3u * rank];
    // @unroll
    for (var r = 0u; r < TILE_ROWS; r++) {
      let d = left[at[r] + o];
      sum[r] += d.x * b0 + d.y * b1 + d.z * b2 + d.w * b3;
    }
  }
  let o = local.z * TILE_ROWS * COLS + 4u * local.x;
  // @unroll
  for (var r = 0u; r < TILE_ROWS; r++) {
    // @unroll
    for (var c = 0u; c < 4u; c++) {
      partial[place(o + r * COLS + c, local.y)] = sum[r][c];
    }
  }
  store_hidden(group, thread, params.scale * joined(thread), 4u * segment.h, 4u * rank);
}

// `TILE_ROWS` and `TILE_COLS` are 4. A thread reads four rows at a time.
@compute @workgroup_size(GROUP_COLS, GROUP_ROWS, SPLIT)
fn backward_weight_split(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let p = min(group.y * GROUP_ROWS + local.y, params.leftWidth - 1u);
  let q = min(group.x * GROUP_COLS + local.x, params.outWidth - 1u);
  let h = segment_of(p).h;
  let column = select(h, 0u, h == NONE) + q;
  let last = params.rows - 1u;
  var sum: array<vec4<f32>, 4>;
  var l: array<vec4<f32>, 4>;
  var r: array<vec4<f32>, 4>;
  for (var n0 = local.z; n0 < params.rows; n0 += 4u * SPLIT) {
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let n = n0 + i * SPLIT;
      l[i] = select(vec4<f32>(0.0), left[min(n, last) * params.leftWidth + p], n <= last);
      r[i] = right[min(n, last) * params.rightWidth + column];
    }
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      sum[0] += l[i].x * r[i];
      sum[1] += l[i].y * r[i];
      sum[2] += l[i].z * r[i];
      sum[3] += l[i].w * r[i];
    }
  }
  let o = 4u * (local.y * COLS + local.x);
  // @unroll
  for (var s = 0u; s < 4u; s++) {
    // @unroll
    for (var c = 0u; c < 4u; c++) {
      partial[place(o + s * COLS + c, local.z)] = sum[s][c];
    }
  }
  let total = joined(thread);
  let row = group.y * ROWS + thread / COLS;
  let col = group.x * COLS + thread % COLS;
  let segment = segment_of(row / 4u);
  if (
    thread < ROWS * COLS && row < 4u * params.leftWidth && col < 4u * params.outWidth && segment.h != NONE
  ) {
    sums[(row + segment.b) * 4u * params.outWidth + col] += params.scale * total;
  }
}
