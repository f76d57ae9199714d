// Frozen weights in ggml's Q5_1: blocks of 32, w = d · q + m. A word with both f16, one with the fifth bits, and 4 words with the
// low four, whose low halves are the first 16 values.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let block = (i >> 3u) * 6u;
  let scale = unpack2x16float(weight[block]);
  let word = weight[block + 2u + (i & 3u)] >> (i & 4u);
  let low = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  let high = (vec4<u32>(weight[block + 1u] >> (4u * (i & 7u))) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(1u);
  return scale.x * vec4<f32>(low + 16u * high) + scale.y;
}
