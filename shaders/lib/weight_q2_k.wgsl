// Frozen weights in ggml's Q2_K: blocks of 256 in runs of 16, w = d · s · q − dmin · m. 4 words of (s, m), four bits each, a byte a
// run; 16 words of codes, whose byte l of half n holds values l, l + 32, l + 64 and l + 96, two bits each; d and dmin.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let block = (i >> 6u) * 21u;
  let run = (i >> 2u) & 15u;
  let scale = (weight[block + (run >> 2u)] >> (8u * (run & 3u))) & 0xffu;
  let word = weight[block + 4u + 8u * ((i >> 5u) & 1u) + (i & 7u)] >> (2u * ((i >> 3u) & 3u));
  let q = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
  let d = unpack2x16float(weight[block + 20u]);
  return d.x * f32(scale & 15u) * vec4<f32>(q) - d.y * f32(scale >> 4u);
}
