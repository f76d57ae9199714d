// Stores four values of the gated linear unit in row n, from column f on: act(gate) · up, each with its bias. gate and
// up are the products of the outputs from f and from O/2 + f on.
fn store_gated(n: u32, f: u32, gate: vec4<f32>, up: vec4<f32>) {
  var x = gate;
  var y = up;
  if (params.hasBias != 0u) {
    x += bias[f / 4u];
    y += bias[(params.outs / 2u + f) / 4u];
  }
  out[n * params.outStride + f / 4u] = activate(x) * y;
}
