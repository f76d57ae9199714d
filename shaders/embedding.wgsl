// Rows of the embedding table:
//
//   out[n, c] = scale · weight[tokens[n], c]
//
// `tokens` [N], `weight` [rows of this part, C] in its storage type (lib/weight_*), `out` [N, C]. A table that is
// larger than one binding comes in parts. Each part writes the rows whose tokens are in [`first`, `end`).

struct Params {
  rows: u32,   // N
  width: u32,  // C / 4
  first: u32,  // first token of this part
  end: u32,    // one past its last
  scale: f32,
}

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.y;
  let c = id.x;
  if (n >= params.rows || c >= params.width) {
    return;
  }
  let token = tokens[n];
  if (token >= params.first && token < params.end) {
    out[n * params.width + c] = params.scale * load_weight((token - params.first) * params.width + c);
  }
}
