// Frozen weights in ggml's Q4_0: blocks of 32, w = d · (q − 8). Two blocks together: both f16 scales in one word, then 4 words of
// codes each; the low halves of a block's bytes are its first 16 values.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let pair = (i >> 4u) * 9u;
  let second = (i >> 3u) & 1u;
  let scales = unpack2x16float(weight[pair]);
  let word = weight[pair + 1u + 4u * second + (i & 3u)] >> (i & 4u);
  let q = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  return select(scales.x, scales.y, second == 1u) * (vec4<f32>(q) - 8.0);
}
