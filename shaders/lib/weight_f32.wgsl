// Frozen weights stored as f32: four consecutive values.
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;

fn load_weight(i: u32) -> vec4<f32> {
  return weight[i];
}
