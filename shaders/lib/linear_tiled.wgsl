// Products of linear.wgsl for many rows on a GPU. `forward_tiled` computes the same as forward there, and
// `backward_tiled` the same as backward.
//
// A workgroup computes 64 × 64 outputs. It walks the summed dimension k (I, backward O) in steps of 16 values, and
// shares those of both factors in workgroup memory. `left` holds vec4 along k of the 64 outputs (backward: rows).
// `right` holds vec4 of four neighbouring rows (backward: inputs) for one k. A thread multiplies 4·`LEFT_QUADS` lines
// of the one with a column of the other, so that each product is one multiply-add.

const SIDE: u32 = 64u;                   // rows and columns of a workgroup
const QUADS: u32 = SIDE / 4u;
const DEPTH: u32 = 4u;                   // vec4 along k in a tile
const ACROSS: u32 = QUADS / LEFT_QUADS;  // threads along left; QUADS of them are along right
const LOADERS: u32 = 64u;                // threads that load each tile: the first of the workgroup, and the last
const LATER: u32 = ACROSS * QUADS - LOADERS;

// Line 4 q + c and quad q of k = 4 d + c are at [c][d][q]. Rows of 18 keep neighbouring threads on different banks.
// With three indices, most are constants, which drivers need not compare with the size of the array.
var<workgroup> left: array<array<array<vec4<f32>, 18>, DEPTH>, 4>;
var<workgroup> right: array<array<array<vec4<f32>, 18>, DEPTH>, 4>;

// Adds the product of both tiles to the sums of the thread at (l, r), one for each of its lines.
fn add_tiles(sums: ptr<function, array<vec4<f32>, 4u * LEFT_QUADS>>, l: u32, r: u32) {
  for (var d = 0u; d < DEPTH; d++) {
    let x0 = right[0][d][r];
    let x1 = right[1][d][r];
    let x2 = right[2][d][r];
    let x3 = right[3][d][r];
    // @unroll
    for (var a = 0u; a < 4u * LEFT_QUADS; a++) {
      let line = left[a % 4u][d][a / 4u * ACROSS + l];
      // One by one, so that each becomes a fused multiply-add.
      (*sums)[a] += line.x * x0;
      (*sums)[a] += line.y * x1;
      (*sums)[a] += line.z * x2;
      (*sums)[a] += line.w * x3;
    }
  }
}

// Adds the products of the rows from n0 on and a tile's outputs to the sums of the thread at (l, r). The outputs of
// the tile begin at o0; those of its second half are `gap` further.
fn add_products(sums: ptr<function, array<vec4<f32>, 4u * LEFT_QUADS>>, l: u32, r: u32, n0: u32, o0: u32, gap: u32) {
  let thread = r * ACROSS + l;
  let width = params.inps;
  let lastRow = params.rows - 1u;
  let lastOut = params.outs - 1u;
  for (var k0 = 0u; k0 < width; k0 += DEPTH) {
    if (thread < LOADERS) {
      // Four rows at one vec4 of k, turned into four quads.
      let d = thread % DEPTH;
      let q = thread / DEPTH;
      let inside = select(0.0, 1.0, k0 + d < width);
      let k = min(k0 + d, width - 1u);
      let n = n0 + 4u * q;
      let x0 = inside * inp[min(n, lastRow) * width + k];
      let x1 = inside * inp[min(n + 1u, lastRow) * width + k];
      let x2 = inside * inp[min(n + 2u, lastRow) * width + k];
      let x3 = inside * inp[min(n + 3u, lastRow) * width + k];
      right[0][d][q] = vec4<f32>(x0.x, x1.x, x2.x, x3.x);
      right[1][d][q] = vec4<f32>(x0.y, x1.y, x2.y, x3.y);
      right[2][d][q] = vec4<f32>(x0.z, x1.z, x2.z, x3.z);
      right[3][d][q] = vec4<f32>(x0.w, x1.w, x2.w, x3.w);
    }
    if (thread >= LATER) {
      let t = thread - LATER;
      if (RUN == 1u) {
        // Neighbouring threads read neighbours of a line.
        let d = t % DEPTH;
        let q = t / DEPTH;
        let k = min(k0 + d, width - 1u);
        let o = o0 + 4u * q + select(0u, gap, q >= QUADS / 2u);
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          left[c][d][q] = load_weight(min(o + c, lastOut) * width + k);
        }
      } else {
        // Half a run.
        let q = t % QUADS;
        let c = t / QUADS;
        let o = o0 + 4u * q + select(0u, gap, q >= QUADS / 2u);
        let run = load_run((min(o + c, lastOut) * width + k0) / RUN);
        // @unroll
        for (var d = 0u; d < 4u; d++) {
          left[c][d][q] = run_values(run, (k0 & 4u) + d);
        }
      }
    }
    workgroupBarrier();
    add_tiles(sums, l, r);
    workgroupBarrier();
  }
}

// Returns four outputs from o on, for each of four rows from n on. s0 to s3 are the sums of one output each, for the
// four rows. The adapter's term is added.
fn quad_of(n: u32, o: u32, s0: vec4<f32>, s1: vec4<f32>, s2: vec4<f32>, s3: vec4<f32>) -> mat4x4<f32> {
  var rows = transpose(mat4x4<f32>(s0, s1, s2, s3));
  let place = lora_place(o);
  if (params.rank > 0u && place.x != NONE) {
    let last = params.rows - 1u;
    for (var j = 0u; j < params.rank; j++) {
      let at = place.y * params.rank + j;
      let factor = transpose(mat4x4<f32>(
        b[at], b[at + params.rank], b[at + 2u * params.rank], b[at + 3u * params.rank]));
      // @unroll
      for (var c = 0u; c < 4u; c++) {
        rows[c] += params.scale * (factor * h[min(n + c, last) * params.hStride + place.x + j]);
      }
    }
  }
  return rows;
}

@compute @workgroup_size(ACROSS, QUADS)
fn forward_tiled(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n0 = params.firstRow + group.y * SIDE;
  let o0 = params.begin + group.x * SIDE;
  var sums: array<vec4<f32>, 4u * LEFT_QUADS>;
  add_products(&sums, local.x, local.y, n0, o0, 0u);
  let n = n0 + 4u * local.y;
  // @unroll
  for (var a = 0u; a < LEFT_QUADS; a++) {
    let o = o0 + 4u * (a * ACROSS + local.x);
    if (o < params.end) {
      let rows = quad_of(n, o, sums[4u * a], sums[4u * a + 1u], sums[4u * a + 2u], sums[4u * a + 3u]);
      // @unroll
      for (var c = 0u; c < 4u; c++) {
        if (n + c < params.rows) {
          store(n + c, o, rows[c]);
        }
      }
    }
  }
}

@compute @workgroup_size(QUADS, ACROSS)
fn backward_tiled(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let thread = local.y * QUADS + local.x;
  let n0 = params.firstRow + group.y * SIDE;
  let i0 = params.begin + group.x * QUADS;
  let width = params.inps;
  let lastRow = params.rows - 1u;
  let lastOut = params.outs - 1u;
  let depth = (params.outs + 3u) / 4u;
  var sums: array<vec4<f32>, 4u * LEFT_QUADS>;
  for (var k0 = 0u; k0 < depth; k0 += DEPTH) {
    if (thread < LOADERS) {
      let d = thread % DEPTH;
      let q = thread / DEPTH;
      let inside = select(0.0, 1.0, k0 + d < depth);
      let k = params.outStart + min(k0 + d, depth - 1u);
      // @unroll
      for (var c = 0u; c < 4u; c++) {
        left[c][d][q] = inside * inp[min(n0 + 4u * q + c, lastRow) * params.outStride + k];
      }
    }
    if (thread >= LATER) {
      let t = thread - LATER;
      if (RUN == 1u) {
        let q = t % QUADS;
        let c = t / QUADS;
        let i = min(i0 + q, width - 1u);
        // @unroll
        for (var d = 0u; d < 4u; d++) {
          right[c][d][q] = load_weight(min(4u * (k0 + d) + c, lastOut) * width + i);
        }
      } else {
        // Half a run.
        let d = t % DEPTH;
        let c = t / DEPTH % 4u;
        let part = 4u * (t / QUADS);
        let o = min(4u * (k0 + d) + c, lastOut);
        let run = load_run((o * width + min(i0 + part, width - 1u)) / RUN);
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          right[c][d][part + i] = run_values(run, (part & 4u) + i);
        }
      }
    }
    workgroupBarrier();
    add_tiles(&sums, local.y, local.x);
    workgroupBarrier();
  }
  let i = i0 + local.x;
  if (i >= params.end) {
    return;
  }
  for (var j = 0u; j < params.rank; j++) {
    let at = 4u * j * width + i;
    let factor = mat4x4<f32>(b[at], b[at + width], b[at + 2u * width], b[at + 3u * width]);
    // @unroll
    for (var a = 0u; a < 4u * LEFT_QUADS; a++) {
      let n = min(n0 + 4u * (a / 4u * ACROSS + local.y) + a % 4u, lastRow);
      sums[a] += factor * h[n * params.rank + j];
    }
  }
  // @unroll
  for (var a = 0u; a < 4u * LEFT_QUADS; a++) {
    let n = n0 + 4u * (a / 4u * ACROSS + local.y) + a % 4u;
    if (n < params.rows) {
      store_gradient(n, i, sums[a]);
    }
  }
}
