// Frozen weights in ggml's Q4_1: blocks of 32, w = d · q + m. A word with both f16, then 4 words of codes; the low halves of the
// bytes are the first 16 values.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let block = (i >> 3u) * 5u;
  let scale = unpack2x16float(weight[block]);
  let word = weight[block + 1u + (i & 3u)] >> (i & 4u);
  let q = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  return scale.x * vec4<f32>(q) + scale.y;
}
