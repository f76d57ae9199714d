// AdamW with decoupled weight decay (arXiv 1711.05101) on a flat vector of parameters, after clipping by the global
// norm:
//
//   g ← grad · min(1, maxNorm / (‖grad‖ + 1e-6))          (no clipping where maxNorm is 0)
//   p ← p · (1 − learningRate · decay)
//   m ← beta1 · m + (1 − beta1) · g
//   v ← beta2 · v + (1 − beta2) · g²
//   p ← p − learningRate / (1 − beta1ᵗ) · m / (√v / √(1 − beta2ᵗ) + eps)
//
// `parameters`, `grad`, `m` and `v` have [`size`] values; `norm`[0] is ‖grad‖. The norm takes two dispatches:
// `norm_parts` sums the squares of each of `PARTS` parts, `norm_total` adds the parts. `update` then changes the
// parameters.

struct Params {
  size: u32,         // / 4
  learningRate: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  decay: f32,
  maxNorm: f32,
  correction1: f32,  // 1 − beta1ᵗ, from the CPU in double precision
  correction2: f32,  // √(1 − beta2ᵗ)
}

const PARTS: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> parameters: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> grad: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
@group(0) @binding(5) var<storage, read_write> norm: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn norm_parts(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = 0.0;
  for (var i = id.x; i < params.size; i += PARTS) {
    sum += dot(grad[i], grad[i]);
  }
  parts[id.x] = sum;
}

@compute @workgroup_size(1)
fn norm_total(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = 0.0;
  for (var i = 0u; i < PARTS; i++) {
    sum += parts[i];
  }
  norm[0] = sqrt(sum);
}

@compute @workgroup_size(64)
fn update(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= params.size) {
    return;
  }
  let factor = select(1.0, min(1.0, params.maxNorm / (norm[0] + 1e-6)), params.maxNorm > 0.0);
  let g = factor * grad[i];
  let m1 = params.beta1 * m[i] + (1.0 - params.beta1) * g;
  let v1 = params.beta2 * v[i] + (1.0 - params.beta2) * g * g;
  m[i] = m1;
  v[i] = v1;
  let p = parameters[i] * (1.0 - params.learningRate * params.decay);
  parameters[i] = p - params.learningRate / params.correction1 * m1 / (sqrt(v1) / params.correction2 + params.eps);
}
