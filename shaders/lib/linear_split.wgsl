// Products of linear.wgsl for few rows on a GPU, where reading the weight takes the time. `forward_split` computes
// the same as forward there.
//
// `LANES` threads divide I, and read lines of the weight side by side. Each sums `SPLIT_ROWS` rows × 4 outputs over
// its share. A workgroup has `ROW_GROUPS` · `COL_GROUPS` such groups of threads: those with the same outputs find the
// weight in the cache, and those with the same rows find `inp` there. In the end the sums of each group are added.

const GROUPS: u32 = ROW_GROUPS * COL_GROUPS;
// Of a run of 8 vec4, a thread takes j and j + 4, which share their words in most formats.
const PAIR: u32 = min(RUN / 4u + 1u, 2u);

// The sum of output t and lane l is at t · LANES + (l xor t), so that threads which add neighbouring outputs read
// different banks.
var<workgroup> partial: array<vec4<f32>, SPLIT_ROWS * GROUPS * LANES>;

fn load_pair(i: u32, u: u32) -> array<vec4<f32>, PAIR> {
  let run = load_run(i / RUN);
  var pair: array<vec4<f32>, PAIR>;
  for (var p = 0u; p < PAIR; p++) {
    pair[p] = run_values(run, select(0u, u % 4u + 4u * p, PAIR == 2u));
  }
  return pair;
}

// Writes the partial sums of a group of threads, for the rows from n0 on and the four outputs from o on.
fn write_partial(own: u32, lane: u32, n0: u32, o: u32) {
  let width = params.inps;
  // Rows and outputs after the last read any values. They are not stored.
  var sum: array<vec4<f32>, SPLIT_ROWS>;
  for (var u = lane; u < width / PAIR; u += LANES) {
    let k = select(u, u / 4u * 8u + u % 4u, PAIR == 2u);
    let w0 = load_pair(o * width + k, u);
    let w1 = load_pair((o + 1u) * width + k, u);
    let w2 = load_pair((o + 2u) * width + k, u);
    let w3 = load_pair((o + 3u) * width + k, u);
    for (var p = 0u; p < PAIR; p++) {
      let w = transpose(mat4x4<f32>(w0[p], w1[p], w2[p], w3[p]));
      // @unroll
      for (var r = 0u; r < SPLIT_ROWS; r++) {
        let x = inp[(n0 + r) * width + k + 4u * p];
        // One by one, so that each becomes a fused multiply-add.
        sum[r] += x.x * w[0];
        sum[r] += x.y * w[1];
        sum[r] += x.z * w[2];
        sum[r] += x.w * w[3];
      }
    }
  }
  let place = lora_place(o);
  if (params.rank > 0u && place.x != NONE && o < params.outs) {
    for (var j = lane; j < params.rank; j += LANES) {
      let at = place.y * params.rank + j;
      let w = transpose(mat4x4<f32>(b[at], b[at + params.rank], b[at + 2u * params.rank], b[at + 3u * params.rank]));
      // @unroll
      for (var r = 0u; r < SPLIT_ROWS; r++) {
        sum[r] += params.scale * (w * h[(n0 + r) * params.hStride + place.x + j]);
      }
    }
  }
  // @unroll
  for (var r = 0u; r < SPLIT_ROWS; r++) {
    let t = own * SPLIT_ROWS + r;
    partial[t * LANES + (lane ^ (t % LANES))] = sum[r];
  }
}

// The sum of output t, after all threads have written their partial sums.
fn total(t: u32) -> vec4<f32> {
  var sum = vec4<f32>(0.0);
  for (var l = 0u; l < LANES; l++) {
    sum += partial[t * LANES + (l ^ (t % LANES))];
  }
  return sum;
}

// First row of a group of threads of a workgroup.
fn first_row(group: vec3<u32>, own: u32) -> u32 {
  return params.firstRow + (group.y * ROW_GROUPS + own / COL_GROUPS) * SPLIT_ROWS;
}

// First output of a group of threads of a workgroup.
fn first_output(group: vec3<u32>, own: u32) -> u32 {
  return params.begin + 4u * (group.x * COL_GROUPS + own % COL_GROUPS);
}

@compute @workgroup_size(LANES * GROUPS)
fn forward_split(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let thread = local.x;
  let own = thread / LANES;
  write_partial(own, thread % LANES, first_row(group, own), first_output(group, own));
  workgroupBarrier();
  if (thread < SPLIT_ROWS * GROUPS) {
    let sums = total(thread);
    let n = first_row(group, thread / SPLIT_ROWS) + thread % SPLIT_ROWS;
    let o = first_output(group, thread / SPLIT_ROWS);
    if (n < params.rows && o < params.end) {
      let inside = o + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.outs);
      store(n, o, select(vec4<f32>(0.0), sums, inside));
    }
  }
}
