// The product of lib/linear_split followed by the gated linear unit of glu.wgsl, for a weight that stacks gate and up:
//
//   out[n, f] = act(gate) · up,  gate and up: the products of the outputs f and O/2 + f
//
// act is in lib/activation, and lib/store_gated stores. `forward_gated` computes the columns [`begin`, `end`) of `out`
// [N, O/2]. Of two groups of threads beside each other the first computes gate and the second up, so that the sums of
// both are in one workgroup.

// First output of a group of threads of a workgroup.
fn first_gated(group: vec3<u32>, own: u32) -> u32 {
  let col = own % COL_GROUPS;
  return params.begin + 4u * (group.x * (COL_GROUPS / 2u) + col / 2u) + col % 2u * (params.outs / 2u);
}

@compute @workgroup_size(LANES * GROUPS)
fn forward_gated(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let thread = local.x;
  let own = thread / LANES;
  write_partial(own, thread % LANES, first_row(group, own), first_gated(group, own));
  workgroupBarrier();
  if (thread < SPLIT_ROWS * GROUPS / 2u) {
    let gates = thread / SPLIT_ROWS * 2u;
    let row = thread % SPLIT_ROWS;
    let gate = total(gates * SPLIT_ROWS + row);
    let up = total((gates + 1u) * SPLIT_ROWS + row);
    let n = first_row(group, gates) + row;
    let f = first_gated(group, gates);
    if (n < params.rows && f < params.end) {
      store_gated(n, f, gate, up);
    }
  }
}
