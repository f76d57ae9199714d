// Two loads with a known cost, to measure a device. No model uses them.
//
// `copy` reads and writes 16 bytes in each thread:
//
//   out[i] = inp[i]
//
// `multiply_add` computes `CHAINS` independent chains of multiply-adds in each thread, on four numbers each, so a
// round is 8 · `CHAINS` floating-point operations:
//
//   x[j] = inp[i] + j
//   x[j] ← x[j] · factor + term,   `rounds` times
//   out[i] = Σ_j x[j]
//
// `inp` and `out` [N] hold vectors of four f32. `Real` and `Real4` are the numbers of the chains (lib/real_*).

struct Params {
  size: u32,    // N
  rounds: u32,  // a multiple of four
  factor: f32,
  term: f32,
}

@group(0) @binding(0) var<storage, read> inp: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.size) {
    out[id.x] = inp[id.x];
  }
}

@compute @workgroup_size(64)
fn multiply_add(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.size) {
    return;
  }
  let factor = Real4(Real(params.factor));
  let term = Real4(Real(params.term));
  var x: array<Real4, CHAINS>;
  // @unroll
  for (var j = 0u; j < CHAINS; j++) {
    x[j] = Real4(inp[id.x]) + Real(j);
  }
  for (var round = 0u; round < params.rounds; round += 4u) {
    // @unroll
    for (var again = 0u; again < 4u; again++) {
      // @unroll
      for (var j = 0u; j < CHAINS; j++) {
        x[j] = x[j] * factor + term;
      }
    }
  }
  var sum = Real4(Real(0.0));
  // @unroll
  for (var j = 0u; j < CHAINS; j++) {
    sum += x[j];
  }
  out[id.x] = vec4<f32>(sum);
}
