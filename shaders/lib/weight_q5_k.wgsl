// Frozen weights in ggml's Q5_K: blocks of 256 in runs of 32, w = d · s · q − dmin · m. A word with d and dmin, 3 words of six-bit
// (s, m) as in Q4_K, 8 words with the fifth bits (bit r of byte l: value l of run r), 32 words with the low four as in Q4_K.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let block = (i >> 6u) * 44u;
  let d = unpack2x16float(weight[block]);
  let run = (i >> 3u) & 7u;
  let word = weight[block + 12u + 8u * (run >> 1u) + (i & 7u)] >> (4u * (run & 1u));
  let low = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  let high = (vec4<u32>(weight[block + 4u + (i & 7u)] >> run) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(1u);
  let shift = 8u * (run & 3u);
  let s = weight[block + 1u] >> shift;
  let m = weight[block + 2u] >> shift;
  let rest = weight[block + 3u] >> shift;
  let late = run >= 4u;
  let scale = select(s & 63u, (rest & 15u) | ((s >> 2u) & 48u), late);
  let least = select(m & 63u, ((rest >> 4u) & 15u) | ((m >> 2u) & 48u), late);
  return d.x * f32(scale) * vec4<f32>(low + 16u * high) - d.y * f32(least);
}
