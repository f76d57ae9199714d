// The product of lib/linear_tiled followed by the gated linear unit of glu.wgsl, for a weight that stacks gate and up:
//
//   out[n, f] = act(gate) · up,  gate and up: the products of the outputs f and O/2 + f
//
// act is in lib/activation, and lib/store_gated stores. `forward_tiled_gated` computes the columns [`begin`, `end`) of
// `out` [N, O/2]. `LEFT_QUADS` is 2: the first half of a tile is 32 outputs of gate, the second the same outputs of
// up, so a thread has both.

@compute @workgroup_size(ACROSS, QUADS)
fn forward_tiled_gated(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let n0 = params.firstRow + group.y * SIDE;
  let f0 = params.begin + group.x * (SIDE / 2u);
  let half = params.outs / 2u;
  var sums: array<vec4<f32>, 4u * LEFT_QUADS>;
  // Modulo 2³², because `half` may be less than half a tile.
  add_products(&sums, local.x, local.y, n0, f0, half - SIDE / 2u);
  let n = n0 + 4u * local.y;
  let f = f0 + 4u * local.x;
  if (f >= params.end) {
    return;
  }
  let gates = quad_of(n, f, sums[0], sums[1], sums[2], sums[3]);
  let ups = quad_of(n, half + f, sums[4], sums[5], sums[6], sums[7]);
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    if (n + c < params.rows) {
      store_gated(n + c, f, gates[c], ups[c]);
    }
  }
}
