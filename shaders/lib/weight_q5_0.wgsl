// Frozen weights in ggml's Q5_0: blocks of 32, w = d · (q − 16). Two blocks together: both f16 scales in one word, then for each a
// word with the fifth bits and 4 words with the low four, whose low halves are the first 16 values.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let pair = (i >> 4u) * 11u;
  let second = (i >> 3u) & 1u;
  let scales = unpack2x16float(weight[pair]);
  let block = pair + 1u + 5u * second;
  let word = weight[block + 1u + (i & 3u)] >> (i & 4u);
  let low = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  let high = (vec4<u32>(weight[block] >> (4u * (i & 7u))) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(1u);
  return select(scales.x, scales.y, second == 1u) * (vec4<f32>(low + 16u * high) - 16.0);
}
