// Frozen weights in ggml's Q3_K: blocks of 256 in runs of 16, w = d · (s − 32) · (q − 4). Two blocks together: both f16 scales in one
// word, then for each 8 words with the third bits, 16 words with the low two, and 3 words of six-bit scales.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let pair = (i >> 7u) * 55u;
  let second = (i >> 6u) & 1u;
  let d = unpack2x16float(weight[pair]);
  let block = pair + 1u + 27u * second;
  let high = (vec4<u32>(weight[block + (i & 7u)] >> ((i >> 3u) & 7u)) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(1u);
  let word = weight[block + 8u + 8u * ((i >> 5u) & 1u) + (i & 7u)] >> (2u * ((i >> 3u) & 3u));
  let low = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
  // Four runs a group: the low four bits of groups 0 and 2, 1 and 3 share a word, the high two bits of all share another.
  let run = (i >> 2u) & 15u;
  let group = run >> 2u;
  let shift = 8u * (run & 3u);
  let scale = ((weight[block + 24u + (group & 1u)] >> (shift + 4u * (group >> 1u))) & 15u)
    | (((weight[block + 26u] >> (shift + 2u * group)) & 3u) << 4u);
  return select(d.x, d.y, second == 1u) * (f32(scale) - 32.0) * (vec4<f32>(low + 4u * high) - 4.0);
}
