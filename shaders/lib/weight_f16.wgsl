// Frozen weights stored as f16, two in a word. `load_weight` gives four neighbours and does not need the shader-f16
// feature.
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;

fn load_weight(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}
