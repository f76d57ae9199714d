// Products of linear.wgsl for few rows on a GPU, where reading the weight takes the time. `forward_split` computes
// the same as forward there.
//
// `LANES` threads divide I, and read lines of the weight side by side. Each sums `SPLIT_ROWS` rows × 4 outputs over
// its share. A workgroup has `ROW_GROUPS` · `COL_GROUPS` such groups of threads: those with the same outputs find the
// weight in the cache, and those with the same rows find `inp` there. In the end the sums of each group are added.

const GROUPS: u32 = ROW_GROUPS * COL_GROUPS;
// Of a run of 8 vec4, a thread takes j and j + 4, which share their words in most formats.
const PAIR: u32 = min(RUN / 4u + 1u, 2u);
// Half of the threads write their sums and the others add theirs, which halves the workgroup memory.
const HALF: u32 = LANES / 2u;

var<workgroup> partial: array<vec4<f32>, SPLIT_ROWS * GROUPS * HALF>;

// Place of the sum of output t and lane l: threads that add neighbouring outputs read different banks.
fn place(t: u32, l: u32) -> u32 {
  return t * HALF + (l ^ (t % HALF));
}

// Writes the partial sums of a group of threads, for the rows from n0 on and the four outputs from o on.
fn write_partial(own: u32, lane: u32, n0: u32, o: u32) {
  let width = params.inps;
  let runs = width / RUN;
  let j = lane % 4u;
  let k = select(lane, lane / 4u * 8u + j, PAIR == 2u);
  // The loop increments these indices, because compilers move products of indices into the loop.
  var at = n0 * width + k;
  var first = o * runs + k / RUN;
  // Rows and outputs after the last read any values. They are not stored.
  var sum: array<vec4<f32>, SPLIT_ROWS>;
  for (var u = lane; u < width / PAIR; u += LANES) {
    let run0 = load_run(first);
    let run1 = load_run(first + runs);
    let run2 = load_run(first + 2u * runs);
    let run3 = load_run(first + 3u * runs);
    for (var p = 0u; p < PAIR; p++) {
      let w = transpose(mat4x4<f32>(
        pair_values(run0, j, p), pair_values(run1, j, p), pair_values(run2, j, p), pair_values(run3, j, p)));
      // @unroll
      for (var r = 0u; r < SPLIT_ROWS; r++) {
        sum[r] = add_product(sum[r], inp[at + r * width + 4u * p], w);
      }
    }
    at += LANES * PAIR;
    first += LANES * PAIR / RUN;
  }
  let adapter = lora_place(o);
  if (params.rank > 0u && adapter.x != NONE && o < params.outs) {
    for (var i = lane; i < params.rank; i += LANES) {
      let row = adapter.y * params.rank + i;
      let w = params.scale * transpose(
        mat4x4<f32>(b[row], b[row + params.rank], b[row + 2u * params.rank], b[row + 3u * params.rank]));
      // @unroll
      for (var r = 0u; r < SPLIT_ROWS; r++) {
        sum[r] = add_product(sum[r], h[(n0 + r) * params.hStride + adapter.x + i], w);
      }
    }
  }
  if (lane >= HALF) {
    // @unroll
    for (var r = 0u; r < SPLIT_ROWS; r++) {
      partial[place(own * SPLIT_ROWS + r, lane - HALF)] = sum[r];
    }
  }
  workgroupBarrier();
  if (lane < HALF) {
    // @unroll
    for (var r = 0u; r < SPLIT_ROWS; r++) {
      partial[place(own * SPLIT_ROWS + r, lane)] += sum[r];
    }
  }
}

// Returns sum + w · x, one column after the other, so that each becomes a fused multiply-add.
fn add_product(sum: vec4<f32>, x: vec4<f32>, w: mat4x4<f32>) -> vec4<f32> {
  var y = sum;
  y += x.x * w[0];
  y += x.y * w[1];
  y += x.z * w[2];
  y += x.w * w[3];
  return y;
}

// The sum of output t, after all threads have written their partial sums.
fn total(t: u32) -> vec4<f32> {
  var sum = vec4<f32>(0.0);
  for (var l = 0u; l < HALF; l++) {
    sum += partial[place(t, l)];
  }
  return sum;
}

// First row of a group of threads of a workgroup. With one group of rows, compilers see by the modulus that the row is
// the same in all threads, so its addresses need fewer registers.
fn first_row(group: vec3<u32>, own: u32) -> u32 {
  return params.firstRow + (group.y * ROW_GROUPS + own / COL_GROUPS % ROW_GROUPS) * SPLIT_ROWS;
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
