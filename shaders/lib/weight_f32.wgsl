// Frozen weights stored as f32. `load_weight` gives four neighbours.
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;

fn load_weight(i: u32) -> vec4<f32> {
  return weight[i];
}
