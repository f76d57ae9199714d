// Frozen weights in ggml's Q6_K: blocks of 256 in runs of 16, w = d · s · (q − 32). Two blocks together: both f16 scales in one word,
// then for each 32 words with the low four bits, 16 words with the high two, and 4 words of signed 8-bit s.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let pair = (i >> 7u) * 105u;
  let second = (i >> 6u) & 1u;
  let d = unpack2x16float(weight[pair]);
  let block = pair + 1u + 52u * second;
  let half = (i >> 5u) & 1u;
  let quarter = (i >> 3u) & 3u;
  let lows = weight[block + 16u * half + 8u * (quarter & 1u) + (i & 7u)] >> (4u * (quarter >> 1u));
  let highs = weight[block + 32u + 8u * half + (i & 7u)] >> (2u * quarter);
  let low = (vec4<u32>(lows) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  let high = (vec4<u32>(highs) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
  let run = (i >> 2u) & 15u;
  let scale = (bitcast<i32>(weight[block + 48u + (run >> 2u)]) << (24u - 8u * (run & 3u))) >> 24u;
  return select(d.x, d.y, second == 1u) * f32(scale) * (vec4<f32>(low + 16u * high) - 32.0);
}
