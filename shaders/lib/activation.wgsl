// The activation of a gated linear unit: SiLU, x · σ(x), or with `GELU` the tanh form of GELU,
// ½x · (1 + tanh(√(2/π) · (x + 0.044715x³))).

fn activate(x: vec4<f32>) -> vec4<f32> {
  if (GELU) {
    return 0.5 * x * (1.0 + gelu_tanh(x));
  }
  return x / (1.0 + exp(-x));
}

// On some drivers tanh overflows to NaN for large arguments. Beyond ±15 it is ±1 in f32.
fn gelu_tanh(x: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), vec4<f32>(-15.0), vec4<f32>(15.0)));
}
