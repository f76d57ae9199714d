// Stores a gated linear unit of the products gate and up of four outputs, f and O/2 + f of row n.
fn store_gated(n: u32, f: u32, gate: vec4<f32>, up: vec4<f32>) {
  var x = gate;
  var y = up;
  if (params.hasBias != 0u) {
    x += bias[f / 4u];
    y += bias[(params.outs / 2u + f) / 4u];
  }
  out[n * params.outStride + f / 4u] = activate(x) * y;
}
