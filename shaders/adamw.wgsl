// AdamW with decoupled weight decay (arXiv 1711.05101) on flat parameters, behind clipping by the global norm:
//   g ← grad · min(1, maxNorm / (‖grad‖ + 1e-6))          (maxNorm 0: no clipping)
//   p ← p · (1 − lr · decay);  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²
//   p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
//
// parameters, grad, m, v [size]; norm[0] = ‖grad‖. The norm takes two dispatches: sums of PARTS parts, then their sum.

struct Params {
  size: u32,        // / 4
  learningRate: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  decay: f32,
  maxNorm: f32,
  correction1: f32,  // 1 − β₁ᵗ, from the CPU in double precision
  correction2: f32,  // √(1 − β₂ᵗ)
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
