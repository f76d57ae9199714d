// Frozen weights stored as bf16, two in a word: each is the upper half of an f32. `load_weight` gives four neighbours.
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;

fn load_weight(i: u32) -> vec4<f32> {
  let words = weight[i];
  return bitcast<vec4<f32>>(vec4<u32>(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}
