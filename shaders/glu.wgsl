// Gated linear unit. `forward` computes
//
//   out[n, f] = act(inp[n, f]) · inp[n, F + f]
//
// `inp` [N, 2F] holds the gate, then the values that it gates; `out` [N, F]. act is in lib/activation. `backward`
// writes `dinp` [N, 2F] from `dout` [N, F].

struct Params {
  rows: u32,   // N
  width: u32,  // F / 4
}

@group(0) @binding(0) var<storage, read> inp: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dinp: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.y >= params.rows || id.x >= params.width) {
    return;
  }
  let at = id.y * 2u * params.width + id.x;
  let x = inp[at];
  let up = inp[at + params.width];
  out[id.y * params.width + id.x] = activate(x) * up;
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.y >= params.rows || id.x >= params.width) {
    return;
  }
  let at = id.y * 2u * params.width + id.x;
  let x = inp[at];
  let up = inp[at + params.width];
  let d = dout[id.y * params.width + id.x];
  var act: vec4<f32>;
  var slope: vec4<f32>;
  if (GELU) {
    let t = gelu_tanh(x);
    act = 0.5 * x * (1.0 + t);
    slope = 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608 * (1.0 + 0.134145 * x * x);
  } else {
    let s = 1.0 / (1.0 + exp(-x));
    act = x * s;
    slope = s * (1.0 + x * (1.0 - s));
  }
  dinp[at] = d * up * slope;
  dinp[at + params.width] = d * act;
}
